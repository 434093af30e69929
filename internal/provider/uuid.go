package provider

// IsUUID reports whether s is written as a UUID: hexadecimal digits in groups of
// 8, 4, 4, 4 and 12.
func IsUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if ('0' > c || c > '9') && ('a' > c|0x20 || c|0x20 > 'f') {
				return false
			}
		}
	}
	return true
}
