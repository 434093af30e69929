//go:build unix

package dsn

import "io/fs"

// exposed reports whether others may read or write a file.
func exposed(info fs.FileInfo) bool { return info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 }
