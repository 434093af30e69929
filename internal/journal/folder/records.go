package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/journal/keyed"
	"github.com/credctl/credctl/internal/journal/lookup"
	"github.com/credctl/credctl/internal/provider"
)

// The records of operations that have ended are in recordFile, which is made again from
// their files. Those of operations whose files were removed are in prunedFile too: they
// cannot be made again.
const (
	recordFile = "index.jsonl"
	prunedFile = "pruned.jsonl"
	suffix     = ".jsonl"
)

// together is how many records are added at once.
const together = 500

// short is the size up to which the file of records has no table.
const short = 16 << 10

// patience is how long Refresh waits for another process that makes the records again.
const patience = 10 * time.Second

// records is the list of the operations that have ended.
type records struct {
	*lookup.Index

	in     *Folder
	codec  keyed.Codec
	path   string
	adding atomic.Bool // with the lock
}

// Records is the list of the operations that have ended.
func (f *Folder) Records(codec keyed.Codec) keyed.List {
	return newRecords(f, codec, f.path(recordFile))
}

func newRecords(f *Folder, codec keyed.Codec, path string) *records {
	r := &records{in: f, codec: codec, path: path}
	r.Index = lookup.New(lookup.Config{
		Lines: path, Table: strings.TrimSuffix(path, suffix) + ".idx",
		Keys: r.keys, KeepEarlier: codec.KeepEarlier, Lock: r.lock,
	})
	return r
}

// errAltered is the error of a line that is not as it was written.
var errAltered = errors.New("the index of the journal was changed")

func (r *records) keys(line []byte) ([]string, error) {
	keys, err := r.codec.Keys(line)
	if err != nil {
		err = errors.Join(errAltered, err)
	}
	return keys, err
}

// lock is that of the index, which whoever adds records has.
func (r *records) lock() (release func(), err error) {
	if r.adding.Load() {
		return func() {}, nil
	}
	return r.in.lockIndex(0)
}

// altered reports whether err says that the records are not as credctl wrote them.
func altered(err error) bool { return errors.Is(err, errAltered) || errors.Is(err, lookup.ErrAltered) }

// empty reports whether no operation has ended.
func (r *records) empty() bool { return !exists(r.path) && r.in.nothingFinished() }

// Refresh reads the records that were added, and makes them again if they are lost, or
// not as credctl wrote them.
func (r *records) Refresh() error {
	intact := func(err error) bool { return err == nil && !r.Torn() && (exists(r.path) || r.empty()) && r.whole() }
	err := r.Index.Refresh()
	if intact(err) || err != nil && !altered(err) {
		return err
	}
	release, err := r.in.lockIndex(patience)
	if err != nil {
		return err
	}
	defer release()
	if intact(r.Index.Refresh()) { // another process has done it, or was writing a line
		return nil
	}
	return r.remake()
}

// Add adds records, and has them durable when it returns. The caller has the lock.
func (r *records) Add(n int, line func(i int) ([]byte, error)) error {
	r.adding.Store(true)
	defer r.adding.Store(false)
	if err := r.Index.Refresh(); err != nil {
		return err
	}
	f, err := fsafe.OpenAppend(r.path)
	if err != nil {
		return err
	}
	if err := f.Truncate(r.Size()); err != nil { // a run that was killed left half a line
		return errors.Join(err, f.Close())
	}
	for i := 0; err == nil && i < n; i++ {
		err = r.addTo(f, i, line)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return r.Index.Refresh()
}

func (r *records) addTo(f *os.File, i int, line func(i int) ([]byte, error)) error {
	text, err := line(i)
	if err != nil || text == nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		return err
	}
	return r.Follow()
}

// pruned returns the lines of operations whose files were removed.
func (r *records) pruned() (lines [][]byte, err error) {
	b, err := os.ReadFile(r.in.path(prunedFile))
	for line := range strings.Lines(string(b)) {
		if strings.HasSuffix(line, "\n") {
			lines = append(lines, []byte(line))
		}
	}
	return lines, missing(err)
}

// addFiles adds the records of operations from their files. One that is damaged goes
// back to those that have not ended, where it is noticed.
func (r *records) addFiles(ids []string, to *records) error {
	return to.Add(len(ids), func(i int) ([]byte, error) {
		line, complete, err := r.codec.Load(to, ids[i])
		if err == nil && !complete {
			err = os.Rename(r.in.finished(ids[i]), r.in.operation(ids[i]))
		}
		return line, err
	})
}

// addLines adds lines that another file of records has.
func (r *records) addLines(lines [][]byte, to *records) error {
	return to.Add(len(lines), func(i int) ([]byte, error) { return r.codec.Copy(to, lines[i]) })
}

// addAll adds the records of all operations that have ended.
func (r *records) addAll(to *records) error {
	b, err := os.ReadFile(r.path)
	if missing(err) != nil {
		return err
	}
	var genuine [][]byte
	for line := range strings.Lines(string(b)) {
		if _, err := r.codec.Keys([]byte(line)); err == nil {
			genuine = append(genuine, []byte(line))
		}
	}
	if err := r.addLines(genuine, to); err != nil {
		return err
	}
	pruned, err := r.pruned()
	if err != nil {
		return err
	}
	if err := r.addLines(pruned, to); err != nil {
		return provider.Hint(fmt.Errorf("%s: %w", r.in.path(prunedFile), err), "restore the file from a backup, with the rest of its folder")
	}
	ids, err := r.in.Finished()
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(ids, together) {
		if err := r.addFiles(batch, to); err != nil {
			return err
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// missing is err, unless it says that a file does not exist.
func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// idsIn returns the IDs of the operations that have files in a folder, in order.
func idsIn(dir string) (ids []string, err error) {
	files, err := os.ReadDir(dir)
	for _, f := range files {
		if id, ours := strings.CutSuffix(f.Name(), suffix); ours && !strings.HasPrefix(id, ".") {
			ids = append(ids, id)
		}
	}
	return ids, missing(err)
}

func clean(id string) bool { return id == filepath.Base(id) }
