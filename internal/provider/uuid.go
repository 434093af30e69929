package provider

import "encoding/hex"

// IsUUID reports whether s is written as a UUID: hexadecimal digits in groups of
// 8, 4, 4, 4 and 12.
func IsUUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	_, err := hex.DecodeString(s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:])
	return err == nil
}
