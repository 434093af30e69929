package finished

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/failpoint"
	"github.com/credctl/credctl/internal/fsafe"
)

// The files of the operations are in a folder of that name, and their records in
// recordFile, which is made again from them. The records of operations whose files were
// removed are in prunedFile too: they cannot be made again.
const (
	folder     = "finished"
	recordFile = "index.jsonl"
	prunedFile = "pruned.jsonl"
	suffix     = ".jsonl"
)

// together is how many records are added at once.
const together = 500

// patience is how long Refresh waits for another process that makes the records again.
const patience = 10 * time.Second

// Path returns the file of an operation.
func (a *Archive) Path(id string) string { return filepath.Join(a.Dir, folder, id+suffix) }

// Empty reports whether no operation has ended.
func (a *Archive) Empty() bool {
	if a.recorded() {
		return false
	}
	d, err := os.Open(filepath.Join(a.Dir, folder))
	if err != nil {
		return true
	}
	names, _ := d.Readdirnames(1)
	_ = d.Close()
	return len(names) == 0
}

func (a *Archive) recorded() bool {
	_, err := os.Lstat(a.path)
	return err == nil
}

// Refresh reads the records that were added, and makes them again if they are lost, or
// not as credctl wrote them.
func (a *Archive) Refresh() error {
	whole := func(err error) bool { return err == nil && !a.index.Torn() && (a.recorded() || a.Empty()) }
	err := a.index.Refresh()
	if whole(err) || err != nil && !altered(err) {
		return err
	}
	release, err := a.Lock(patience)
	if err != nil {
		return err
	}
	defer release()
	if whole(a.index.Refresh()) { // another process has done it, or was writing a line
		return nil
	}
	return a.remake(func(add func(...Record) error) error {
		pruned, err := a.pruned()
		if err == nil {
			err = add(pruned...)
		}
		if err != nil {
			return err
		}
		ids, err := Operations(filepath.Join(a.Dir, folder))
		if err != nil {
			return err
		}
		for batch := range slices.Chunk(ids, together) {
			if err := a.addFiles(batch, add); err != nil {
				return err
			}
		}
		return nil
	})
}

// addFiles adds the records of operations from their files. One that is damaged goes
// back to those that have not ended, where it is noticed.
func (a *Archive) addFiles(ids []string, add func(...Record) error) error {
	var records []Record
	for _, id := range ids {
		r, whole, err := a.Load(id)
		switch {
		case err != nil:
			return err
		case !whole:
			if err := os.Rename(a.Path(id), a.Unfinished(id)); err != nil {
				return err
			}
		default:
			records = append(records, r)
		}
	}
	return add(records...)
}

// Operations returns the IDs of the operations that have files in a folder, in order.
func Operations(dir string) (ids []string, err error) {
	files, err := os.ReadDir(dir)
	for _, f := range files {
		if id, ours := strings.CutSuffix(f.Name(), suffix); ours && !strings.HasPrefix(id, ".") {
			ids = append(ids, id)
		}
	}
	return ids, missing(err)
}

// IDs returns the operations whose files are there.
func (a *Archive) IDs() ([]string, error) { return Operations(filepath.Join(a.Dir, folder)) }

// Take adds the records of operations that have ended, and moves their files. It
// returns how many it has moved: another process may be at it, or the disk full.
func (a *Archive) Take(records []Record) (moved int) {
	release, err := a.Lock(0)
	if err != nil {
		return 0
	}
	defer release()
	if _, err := fsafe.Own(filepath.Join(a.Dir, folder)); err != nil {
		return 0
	}
	failpoint.Hit("index.adding")
	if err := a.add(records...); err != nil {
		return 0
	}
	failpoint.Hit("index.added")
	for ; moved < len(records); moved++ {
		id := records[moved].Operation
		if err := missing(os.Rename(a.Unfinished(id), a.Path(id))); err != nil {
			break
		}
		failpoint.Hit("index.moved")
	}
	_, _ = fsafe.SyncDir(filepath.Join(a.Dir, folder)), fsafe.SyncDir(filepath.Dir(a.Unfinished(""))) // else they are moved again
	return moved
}

// pruned reads the records of operations whose files were removed.
func (a *Archive) pruned() (all []Record, err error) {
	b, err := os.ReadFile(filepath.Join(a.Dir, prunedFile))
	for line := range strings.Lines(string(b)) {
		r, derr := a.decode([]byte(line))
		if derr != nil && strings.HasSuffix(line, "\n") {
			return nil, derr
		}
		if derr == nil {
			all = append(all, r)
		}
	}
	return all, missing(err)
}

// Prune removes the files of operations that ended before a time, and returns their
// records, which stay. The last one of a chain stays whole: its destinations hold the
// credential in force. With dry, Prune removes nothing.
func (a *Archive) Prune(before time.Time, dry bool) (pruned []Record, err error) {
	release, err := a.Lock(patience)
	if err != nil {
		return nil, err
	}
	defer release()
	var old []Record
	err = a.Each(func(r Record) error {
		if _, err := os.Lstat(a.Path(r.Operation)); err == nil && r.Ended.Before(before) {
			old = append(old, r)
		}
		return nil
	})
	var text []byte
	for _, r := range old {
		inForce, err := a.inForce(r)
		if err != nil {
			return nil, err
		}
		if inForce {
			continue
		}
		line, err := a.encode(r)
		if err != nil {
			return nil, err
		}
		pruned, text = append(pruned, r), append(text, line...)
	}
	if err != nil || dry || len(pruned) == 0 {
		return pruned, err
	}
	failpoint.Hit("prune.noting")
	f, err := fsafe.OpenAppend(filepath.Join(a.Dir, prunedFile))
	if err != nil {
		return nil, err
	}
	if err := errors.Join(fsafe.Append(f, text), f.Close()); err != nil {
		return nil, err
	}
	for _, r := range pruned {
		failpoint.Hit("prune.removing")
		if err := missing(os.Remove(a.Path(r.Operation))); err != nil {
			return nil, err
		}
	}
	return pruned, fsafe.SyncDir(filepath.Join(a.Dir, folder))
}

// inForce reports whether r has issued a secret that was not replaced since.
func (a *Archive) inForce(r Record) (bool, error) {
	if r.Aborted || r.NewID == "" {
		return false, nil
	}
	last, err := a.Last(r.New())
	if err != nil || last != r.New() {
		return false, err
	}
	made, _, err := a.Made(last)
	return made.Operation == r.Operation, err
}

// missing is err, unless it says that a file does not exist.
func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
