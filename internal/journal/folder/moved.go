package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

// movedFile names where the journal of a folder has moved: no run uses the folder then.
const movedFile = "moved"

// MovedTo returns where the journal of a folder has moved, or "".
func MovedTo(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, movedFile)) //nolint:gosec // of the state folder
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("state folder: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// MarkMoved says in a folder that its journal has moved to a place, or, with "", that it
// has not.
func MarkMoved(dir, to string) error {
	path := filepath.Join(dir, movedFile)
	if to != "" {
		return fsafe.WriteFile(path, []byte(to+"\n"), fsafe.Options{})
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("state folder: %w", err)
	}
	return nil
}

// checkMoved refuses a folder whose journal has moved.
func (f *Folder) checkMoved() error {
	to, err := MovedTo(f.dir)
	if err != nil || to == "" || f.options.Moved {
		return err
	}
	return provider.Hint(provider.Usage("the state in %s has moved to %s", f.dir, to),
		"set CREDCTL_STATE, or state in the configuration, to that database; to move the state back, set it and run: credctl state export --to %s", f.dir)
}
