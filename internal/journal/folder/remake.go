package folder

import (
	"errors"
	"os"
	"slices"

	"github.com/credctl/credctl/internal/failpoint"
	"github.com/credctl/credctl/internal/fsafe"
)

// whole reports whether a short file has the records of all operations that have ended:
// whole lines at its end may be lost. Of a long file the table tells that.
func (r *records) whole() bool {
	if r.Size() > short {
		return true
	}
	ids, err := r.in.Finished()
	if err != nil {
		return true // which the next to read them will say
	}
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = r.codec.Key(id)
	}
	pruned, _ := r.pruned()
	for _, line := range pruned {
		if of, err := r.codec.Keys(line); err == nil {
			keys = append(keys, of[0])
		}
	}
	return !slices.ContainsFunc(keys, func(key string) bool {
		line, _, err := r.Find(key)
		return err == nil && line == nil
	})
}

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
