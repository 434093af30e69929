package folder

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/credctl/credctl/internal/failpoint"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/journal/entry"
)

// reserve is the space that an operation takes before anything is issued, so
// that a full disk is met while it does no harm.
const reserve = 64 << 10

// settled is how long a file must not have changed before its version counts: a file
// system may give the same time to two changes after each other.
const settled = 200 * time.Millisecond

func (f *Folder) operation(id string) string { return f.path("operations", id+suffix) }

func (f *Folder) finished(id string) string { return f.path("finished", id+suffix) }

func (f *Folder) nothingFinished() bool {
	if exists(f.path(prunedFile)) {
		return false
	}
	d, err := os.Open(f.path("finished"))
	if err != nil {
		return true
	}
	names, _ := d.Readdirnames(1)
	_ = d.Close()
	return len(names) == 0
}

// version returns what tells whether a file has changed since.
func version(info fs.FileInfo, now time.Time) string {
	if now.Sub(info.ModTime()) < settled {
		return ""
	}
	return fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano())
}

// Live returns the operations that have not ended, or were not moved to the finished
// ones yet.
func (f *Folder) Live() (live []backend.Version, err error) {
	ids, err := idsIn(f.path("operations"))
	for _, id := range ids {
		now := time.Now()
		info, err := os.Stat(f.operation(id))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		live = append(live, backend.Version{ID: id, Version: version(info, now)})
	}
	return live, err
}

// Finished returns the operations whose files are in the folder finished.
func (f *Folder) Finished() ([]string, error) { return idsIn(f.path("finished")) }

// Create writes the file of an operation, with space for more entries.
func (f *Folder) Create(id string, text []byte) error {
	f.markVersion()
	return fsafe.WriteFile(f.operation(id), append(text, bytes.Repeat([]byte("\n"), reserve)...), fsafe.Options{})
}

// after returns where the next entry begins in the file of an operation, or
// [backend.ErrConflict] if its last entry has another MAC than this. Half an entry, of a
// run that was killed, does not count.
func (f *Folder) after(id, mac string) (end int64, err error) {
	b, err := os.ReadFile(f.operation(id))
	if err != nil {
		return 0, movedAway(err)
	}
	var file entry.File
	file.Parse(b)
	if file.Damage != "" || file.Last() != mac {
		return 0, backend.ErrConflict
	}
	return file.End, nil
}

// Append writes an entry to the file of an operation.
func (f *Folder) Append(id string, a backend.Addition) error {
	f.markVersion()
	end, err := f.after(id, a.After)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(f.operation(id), os.O_RDWR, 0)
	if err != nil {
		return movedAway(err)
	}
	_, err = file.WriteAt(a.Line, end)
	if err == nil {
		err = file.Sync()
	}
	if err == nil && a.Head != nil { // its failure takes nothing from the entry, which is durable
		_, _ = file.WriteAt(a.Head, 0)
		_ = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// Replace writes the file of an operation again.
func (f *Folder) Replace(id, after string, text []byte) error {
	if _, err := f.after(id, after); err != nil {
		return err
	}
	return movedAway(fsafe.WriteFile(f.operation(id), text, fsafe.Options{}))
}

// movedAway returns [backend.ErrConflict] for the error of a file that is no more where it was:
// another run has moved it.
func movedAway(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return backend.ErrConflict
	}
	return err
}

// Finish moves the files of operations to the folder finished. A process that has only
// read does not do so in a folder of an older version, which an older credctl can still
// read.
func (f *Folder) Finish(ids []string, record func() error) (moved int) {
	if !f.isMarked() {
		return 0
	}
	release, err := f.lockIndex(0)
	if err != nil {
		return 0
	}
	defer release()
	if _, err := fsafe.Own(f.path("finished")); err != nil {
		return 0
	}
	failpoint.Hit("index.adding")
	if err := record(); err != nil {
		return 0
	}
	failpoint.Hit("index.added")
	for ; moved < len(ids); moved++ {
		if err := missing(os.Rename(f.operation(ids[moved]), f.finished(ids[moved]))); err != nil {
			break
		}
		failpoint.Hit("index.moved")
	}
	_, _ = fsafe.SyncDir(f.path("finished")), fsafe.SyncDir(f.path("operations")) // else they are moved again
	return moved
}

// Prune removes the files of finished operations, and lock files that no run holds.
func (f *Folder) Prune(ids []string, records [][]byte) error {
	f.markVersion()
	if err := f.tidyLocks(); err != nil || len(ids) == 0 {
		return err
	}
	release, err := f.lockIndex(patience)
	if err != nil {
		return err
	}
	defer release()
	failpoint.Hit("prune.noting")
	file, err := fsafe.OpenAppend(f.path(prunedFile))
	if err != nil {
		return err
	}
	if err := errors.Join(fsafe.Append(file, bytes.Join(records, nil)), file.Close()); err != nil {
		return err
	}
	for _, id := range ids {
		failpoint.Hit("prune.removing")
		if err := missing(os.Remove(f.finished(id))); err != nil {
			return err
		}
	}
	return missing(fsafe.SyncDir(f.path("finished"))) // none has ended here
}

// SetAside moves the file of an operation to the folder set-aside.
func (f *Folder) SetAside(id string) (where string, err error) {
	to := f.path("set-aside", id+suffix)
	if err := fsafe.Dir(filepath.Dir(to)); err != nil {
		return "", err
	}
	if err := os.Rename(f.operation(id), to); err != nil {
		return "", err
	}
	return to, errors.Join(fsafe.SyncDir(f.path("operations")), fsafe.SyncDir(filepath.Dir(to)))
}

// Where returns the path of an operation's file.
func (f *Folder) Where(id string) string {
	if path := f.finished(id); exists(path) {
		return path
	}
	return f.operation(id)
}

// Remedy says what to do about a file that is damaged.
func (f *Folder) Remedy(id string) string {
	return "compare " + f.Where(id) + " with the vendor, then move the file away"
}
