package lookup

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/credctl/credctl/internal/fsafe"
)

// extend puts the tail into the table. Where that fails, on a full disk say, the tail
// is read again by the next run.
func (x *Index) extend() {
	release, err := x.Lock()
	if err != nil {
		return
	}
	defer release()
	if x.table.replaced() || x.table == nil && exists(x.Table) {
		return // another process has done it
	}
	if x.table != nil && (!x.table.readHeader() || x.table.covered > x.read) {
		return // it has more than was read here
	}
	if err := x.store(); err != nil {
		return
	}
	x.tail = map[sum]int64{}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// store makes the tail part of the table, or of a larger one.
func (x *Index) store() error {
	if x.table != nil && (x.table.used+uint64(len(x.tail)))*2 <= x.table.slots {
		return x.fill(x.table)
	}
	t, err := grown(x.Table, x.table, uint64(len(x.tail)))
	if err != nil {
		return err
	}
	err = errors.Join(x.fill(t), t.file.Close()) // some systems rename only what nobody has open
	if err != nil {
		return errors.Join(err, os.Remove(t.file.Name()))
	}
	if x.table != nil {
		_ = x.table.file.Close()
	}
	err = os.Rename(t.file.Name(), x.Table)
	if err == nil {
		err = fsafe.SyncDir(filepath.Dir(x.Table))
	}
	opened, oerr := openTable(x.Table)
	x.table = opened
	return errors.Join(err, oerr)
}

// fill puts the tail into t, and makes it durable.
func (x *Index) fill(t *table) error {
	for s, at := range x.tail {
		if err := t.put(s, at); err != nil {
			return err
		}
	}
	var err error
	if t.last, err = x.last(x.read); err != nil {
		return err
	}
	t.covered = x.read
	return t.commit()
}

// grown returns a table with room for more keys, with those of an old one if there is
// one. It has a name of its own yet.
func grown(path string, old *table, more uint64) (*table, error) {
	used := uint64(0)
	if old != nil {
		used = old.used
	}
	t := &table{path: path, slots: leastSlots}
	for t.slots < (used+more)*3 {
		t.slots *= 2
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".credctl-*.tmp")
	if err != nil {
		return nil, err
	}
	t.file = f
	if err = f.Truncate(t.size()); err == nil && old != nil {
		err = t.take(old)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return t, nil
}

// take copies the slots of another table.
func (t *table) take(old *table) error {
	r := newReader(io.NewSectionReader(old.file, headerSize, old.size()-headerSize)).r
	for b := make([]byte, slotSize); ; {
		if _, err := io.ReadFull(r, b); err != nil {
			return nonEOF(err)
		}
		at := int64(binary.BigEndian.Uint64(b[16:])) - 1 //nolint:gosec // G115: what was written
		if at < 0 {
			continue
		}
		if err := t.put(sum(b[:16]), at); err != nil {
			return err
		}
	}
}
