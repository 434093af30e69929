package folder

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
const versionFile, newest = "version", 2

// checkVersion refuses a folder that a newer credctl has written.
func (f *Folder) checkVersion() error {
	b, err := os.ReadFile(f.path(versionFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("state folder: %w", err)
	}
	is, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return provider.Hint(provider.Usage("%s is not a version number", f.path(versionFile)), "restore the file from a backup, with the rest of its folder")
	}
	if is > newest {
		return provider.Hint(provider.Usage("state folder %s was written by a newer credctl (version %d; this one reads up to %d)", f.dir, is, newest),
			"install the newest credctl, or choose another folder with XDG_STATE_HOME")
	}
	f.marked = is == newest
	return nil
}

// isMarked reports whether the folder says that it is of the newest version; another
// process may have written that.
func (f *Folder) isMarked() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.marked || f.checkVersion() == nil && f.marked
}

// markVersion says in the folder which version it is of, once something is written to it.
// A folder that cannot say so stays as an older credctl knows it: see [Folder.Finish].
func (f *Folder) markVersion() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.marked {
		f.marked = fsafe.WriteFile(f.path(versionFile), fmt.Appendln(nil, newest), fsafe.Options{}) == nil
	}
}
