// Package fsafe writes files that hold secrets: never wider than 0600 unless
// they already were, never half written, and durable when a call returns. It
// also takes the locks that keep two runs apart.
package fsafe

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/credctl/credctl/internal/provider"
)

// private is the mode of every new file.
const private os.FileMode = 0o600

// Options relax what [Check] and [WriteFile] demand.
type Options struct {
	// AllowInsecurePerms accepts a target that others may read or change. Its
	// mode stays as it is.
	AllowInsecurePerms bool

	// InPlace writes into an existing file, which keeps its inode: one that is
	// bind-mounted elsewhere, say. A reader may find it in between, and so may
	// whoever looks after a crash.
	InPlace bool
}

// Create makes a new file for writing, with exactly this mode whatever the
// umask is. What is there already, a symlink too, is [provider.ErrUsage] and
// [fs.ErrExist], and stays untouched.
func Create(path string, mode os.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode) //nolint:gosec // the caller names the file
	if errors.Is(err, fs.ErrExist) {
		return nil, alreadyExists(path)
	}
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(mode); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path)) //nolint:gosec // made just now
	}
	return f, nil
}

// CheckNew reports what would keep Create from making a file, as far as that can be
// known without making it. Its errors are those of Create.
func CheckNew(path string) error {
	switch _, err := os.Lstat(path); { //nolint:gosec // G703: the caller names the file
	case err == nil:
		return alreadyExists(path)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return Check(path, Options{})
}

func alreadyExists(path string) error {
	return provider.Hint(provider.WithClass(provider.ErrUsage, fmt.Errorf("%s is there already, and is never overwritten: %w", path, fs.ErrExist)),
		"name a file that does not exist yet, or move that one away")
}

// ReadPrivate returns what a file holds. A regular file that others may read is
// [provider.ErrRefused]; a pipe or a device is read as it is.
func ReadPrivate(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the caller names the file
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && exposed(info, 0o044) {
		return nil, tooWide(path, info, "read")
	}
	return io.ReadAll(f)
}

// tooWide refuses a file for its mode.
func tooWide(path string, info fs.FileInfo, what string) error {
	return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("other users may %s %s (mode %04o)", what, path, info.Mode().Perm())),
		"run: chmod 600 %s", path)
}
