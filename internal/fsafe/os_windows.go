package fsafe

import (
	"io/fs"
	"os"
)

// Windows has access control lists in place of modes and owners: a new file
// inherits those of its folder, which in a profile are the user's own.

const noFollow = 0

func exposed(fs.FileInfo, os.FileMode) bool { return false }

func owned(fs.FileInfo) bool { return true }

func links(fs.FileInfo) uint64 { return 1 }

func replaceable(string, fs.FileInfo) error { return nil }

func keepOwner(*os.File, fs.FileInfo) error { return nil }

// SyncDir does nothing: a folder cannot be synced on Windows, where NTFS
// journals its names.
func SyncDir(string) error { return nil }
