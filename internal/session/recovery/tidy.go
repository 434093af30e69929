package recovery

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/credctl/credctl/internal/journal"
)

// A File is a recovery file, and the credential that it holds.
type File struct {
	Path string
	Of   journal.Ref
}

// Tidy removes the files that hold a credential of which index knows that a rotation has
// replaced and revoked it before a time, and returns them. With dry, it removes nothing.
// All other files stay: one may have the only copy of a secret that works.
func (f Folder) Tidy(index journal.Index, before time.Time, dry bool) (tidied []File, err error) {
	files, err := os.ReadDir(f.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, file := range files {
		path := filepath.Join(f.path(), file.Name())
		of, known := holds(path)
		if !known {
			continue
		}
		last, rotated, err := index.LastDone(of)
		if err != nil {
			return tidied, err
		}
		if !rotated || !last.Follows() || last.Ended.After(before) {
			continue
		}
		if !dry {
			if err := os.Remove(path); err != nil {
				return tidied, err
			}
		}
		tidied = append(tidied, File{path, of})
	}
	return tidied, err
}

// holds returns the credential in a file, if it has one alone.
func holds(path string) (of journal.Ref, known bool) {
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return of, false
	}
	text, err := os.ReadFile(path) //nolint:gosec // G304: in the state folder
	if err != nil || json.Unmarshal(text, &of) != nil {
		return of, false
	}
	return of, of.Provider != "" && of.Kind != "" && of.ID != ""
}
