package folder

import (
	"errors"
	"os"

	"github.com/credctl/credctl/internal/failpoint"
	"github.com/credctl/credctl/internal/fsafe"
)

// remake writes the file again: with the records in it that are as credctl wrote them,
// and those of the operations. The caller has the lock.
func (r *records) remake() error {
	again := newRecords(r.in, r.codec, r.in.path(".remade"+suffix))
	remove := func() error { return errors.Join(again.Drop(), missing(os.Remove(again.path))) }
	if err := remove(); err != nil { // of a run that was killed
		return err
	}
	if err := r.addAll(again); err != nil {
		return errors.Join(err, remove())
	}
	if err := errors.Join(r.Drop(), again.Drop()); err != nil {
		return err
	}
	failpoint.Hit("index.remaking")
	if err := os.Rename(again.path, r.path); err != nil {
		return err
	}
	if err := fsafe.SyncDir(r.in.dir); err != nil {
		return err
	}
	return r.Index.Refresh()
}
