//go:build unix && !linux

package trust

import (
	"os"

	"golang.org/x/sys/unix"
)

const lookOnly = unix.O_RDONLY

func isReadOnly(s unix.Statfs_t) bool { return s.Flags&unix.MNT_RDONLY != 0 }

func isPseudo(unix.Statfs_t) bool { return false }

// IsMount reports false, because only Linux tells.
func (*Folder) IsMount(string) bool { return false }

// IsImmutable reports false, because only Linux tells.
func (*Folder) IsImmutable(string) bool { return false }

// acl returns nothing: the mode tells what an access control list allows only on Linux.
func acl(*os.File) ([]byte, error) { return nil, nil }

func ownWriters([]byte) bool { return true }
