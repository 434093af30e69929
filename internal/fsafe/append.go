package fsafe

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/credctl/credctl/internal/provider"
)

// OpenAppend opens a file of ours at its end, and makes it, durably and with
// mode 0600, when it is not there. A symlink, or a file that others may read or
// change, is refused.
func OpenAppend(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|noFollow, private) //nolint:gosec // the caller names the file
	if errors.Is(err, fs.ErrNotExist) {
		if f, err = createAppend(path); err == nil {
			return f, nil
		}
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = suitable(path, info, Options{})
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func createAppend(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL, private) //nolint:gosec // the caller names the file
	if err != nil {
		return nil, err
	}
	if err = f.Chmod(private); err == nil {
		err = SyncDir(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Append adds data to a file from [OpenAppend] and returns when it is durable.
// When it fails the file is cut back to what it was: no part of data stays. Only
// one process may append at a time.
func Append(f *os.File, data []byte) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if err != nil {
		return errors.Join(err, f.Truncate(size))
	}
	return nil
}

// Dir makes a folder for our own files, and its parents, with mode 0700. One
// that is there must be ours and closed to the writing of others; else it is
// [provider.ErrRefused].
func Dir(path string) error {
	path = filepath.Clean(path)
	var made []string
	for p := path; ; p = filepath.Dir(p) {
		if _, err := os.Stat(p); !errors.Is(err, fs.ErrNotExist) || p == filepath.Dir(p) { //nolint:gosec // the caller names the folder
			break
		}
		made = append(made, p)
	}
	if err := os.MkdirAll(path, 0o700); err != nil { //nolint:gosec // the caller names the folder
		return err
	}
	for _, p := range made {
		if err := SyncDir(filepath.Dir(p)); err != nil {
			return err
		}
	}
	info, err := os.Stat(path) //nolint:gosec // the caller names the folder
	switch {
	case err != nil:
		return err
	case !owned(info):
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s belongs to another user", path)),
			"run as its owner, or name another folder")
	case exposed(info, 0o022):
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("other users may change %s (mode %04o)", path, info.Mode().Perm())),
			"run: chmod 700 %s", path)
	}
	return nil
}
