//go:build !linux

package trust

import "os"

// KeepAttributes does nothing, because only Linux tells.
func KeepAttributes(_, _ *os.File) error { return nil }

// HasList reports false, because only Linux tells.
func (*Folder) HasList(string) bool { return false }
