package fsafe

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/credctl/credctl/internal/fsafe/trust"
)

// OpenTrusted opens a file that says what credctl does, such as a configuration
// or a policy, for reading. A file, or a folder or symlink on its path, that
// others than root and us can change or replace is [provider.ErrRefused]. A pipe
// or a device is opened as it is.
func OpenTrusted(path string) (*os.File, error) {
	f, _, err := openTrusted(path)
	return f, err
}

// Missing reports whether a file does not exist, in a folder that does. It is an error where
// the folder does not: a volume may not be mounted, and nothing can be told of the file.
func Missing(path string) (bool, error) {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return false, nil // what is wrong with it is said when it is read
	}
	_, err := os.Stat(filepath.Dir(path))
	return err == nil, err
}

// ReadPrivate returns the content of a file with a secret. It refuses what
// [OpenTrusted] refuses, and a regular file that others may read.
func ReadPrivate(path string) ([]byte, error) {
	f, e, err := openTrusted(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if e.Mode.IsRegular() && e.Exposed(0o044) {
		return nil, tooWide(path, e, "read", false)
	}
	return io.ReadAll(f)
}

func openTrusted(path string) (*os.File, trust.Entry, error) {
	s, err := trust.Locate(path, trust.Walk{Trust: true, Follow: true})
	if err != nil {
		return nil, trust.Entry{}, naming(path, err)
	}
	f, err := read(s)
	if err = errors.Join(err, s.Folder.Close()); err != nil {
		return nil, trust.Entry{}, closing(f, naming(path, err))
	}
	e, err := trust.Of(f)
	if err == nil {
		err = s.Folder.Changeable(f, e)
	}
	if err != nil {
		return nil, trust.Entry{}, closing(f, naming(path, err))
	}
	return f, e, nil
}

func read(s trust.Spot) (*os.File, error) {
	if s.Entry != nil && s.Entry.Mode&fs.ModeSymlink != 0 { // of the kernel's, to a file that is open
		return s.Folder.Follow(s.Name, os.O_RDONLY, 0)
	}
	return s.Folder.Open(s.Name, os.O_RDONLY, 0)
}

// naming makes err name the path, of which it may name a folder alone.
func naming(path string, err error) error {
	if strings.Contains(err.Error(), path) {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}
