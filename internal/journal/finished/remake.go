package finished

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/credctl/credctl/internal/failpoint"
	"github.com/credctl/credctl/internal/fsafe"
)

// remake writes the file again: with the records in it that are as credctl wrote them,
// and those that more adds. The caller has the lock.
func (a *Archive) remake(more func(add func(...Record) error) error) error {
	again := open(a.Config, filepath.Join(a.Dir, ".remade"+suffix))
	remove := func() error { return errors.Join(again.index.Drop(), missing(os.Remove(again.path))) }
	if err := remove(); err != nil { // of a run that was killed
		return err
	}
	b, err := os.ReadFile(a.path)
	if missing(err) != nil {
		return err
	}
	var good []Record
	for line := range strings.Lines(string(b)) {
		if r, err := a.decode([]byte(line)); err == nil {
			good = append(good, r)
		}
	}
	if err := again.add(good...); err != nil {
		return errors.Join(err, remove())
	}
	if err := more(again.add); err != nil {
		return errors.Join(err, remove())
	}
	if err := errors.Join(a.index.Drop(), again.index.Drop()); err != nil {
		return err
	}
	failpoint.Hit("index.remaking")
	if err := os.Rename(again.path, a.path); err != nil {
		return err
	}
	if err := fsafe.SyncDir(a.Dir); err != nil {
		return err
	}
	return a.index.Refresh()
}
