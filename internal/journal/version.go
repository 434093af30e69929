package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

// versionFile holds the version of the folder: a number on a line. A folder without
// one is of version 1, in which operations that had ended stayed where they were.
const versionFile, version = "version", 2

// checkVersion refuses a folder that a newer credctl has written.
func (s *Store) checkVersion() error {
	b, err := os.ReadFile(s.path(versionFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("state folder: %w", err)
	}
	is, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return provider.Hint(provider.Usage("%s is not a version number", s.path(versionFile)), "restore the file from a backup, with the rest of its folder")
	}
	if is > version {
		return provider.Hint(provider.Usage("state folder %s was written by a newer credctl (version %d; this one reads up to %d)", s.dir, is, version),
			"install the newest credctl, or choose another folder with XDG_STATE_HOME")
	}
	s.marked = is == version
	return nil
}

// markVersion says in the folder which version it is of, before the first change that
// an older credctl does not understand.
func (s *Store) markVersion() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.marked {
		return nil
	}
	if err := fsafe.WriteFile(s.path(versionFile), fmt.Appendln(nil, version), fsafe.Options{}); err != nil {
		return err
	}
	s.marked = true
	return nil
}
