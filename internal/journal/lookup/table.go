package lookup

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
)

// The file of a table is a header and then its slots. A slot is the sum of a key and
// the offset of a line, plus one; zero is that it is free. A key is at the place that
// its sum gives, or in one of the slots behind that, before the first free one.
const (
	magic      = "credctl1"
	headerSize = 64
	slotSize   = 24
	leastSlots = 1 << 10
	together   = 32 // slots that are read at once
)

// A table is the hash table on the disk. Slots are only ever taken, or changed to
// another line with the key, so that others can read it meanwhile. What covers more
// lines is durable before the header says so.
type table struct {
	file    *os.File
	path    string
	slots   uint64 // a power of two
	used    uint64
	covered int64 // the lines that are in it, in bytes
	last    sum   // of the end of these lines
}

// openTable opens a table; nil if there is none, or it is torn.
func openTable(path string) (*table, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // G304: in the state folder
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // there is none
	}
	if err != nil {
		return nil, err
	}
	t := &table{file: f, path: path}
	if !t.readHeader() {
		_ = f.Close()
		return nil, nil // it is made again
	}
	return t, nil
}

func (t *table) readHeader() bool {
	b := make([]byte, headerSize)
	if _, err := t.file.ReadAt(b, 0); err != nil || string(b[:8]) != magic {
		return false
	}
	check := sumOf(b[:48])
	info, err := t.file.Stat()
	t.slots, t.used, t.covered = binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:]), int64(binary.BigEndian.Uint64(b[24:])) //nolint:gosec // G115: what was written
	copy(t.last[:], b[32:48])
	return err == nil && bytes.Equal(check[:], b[48:]) && t.slots >= leastSlots && t.slots&(t.slots-1) == 0 && info.Size() == t.size()
}

func (t *table) size() int64 { return headerSize + int64(t.slots)*slotSize } //nolint:gosec // G115: it fits a disk

// commit makes the slots durable, and then the header.
func (t *table) commit() error {
	b := append(make([]byte, 0, headerSize), magic...)
	b = binary.BigEndian.AppendUint64(b, t.slots)
	b = binary.BigEndian.AppendUint64(b, t.used)
	b = binary.BigEndian.AppendUint64(b, uint64(t.covered)) //nolint:gosec // G115: never negative
	b = append(b, t.last[:]...)
	check := sumOf(b)
	if err := t.file.Sync(); err != nil {
		return err
	}
	if _, err := t.file.WriteAt(append(b, check[:]...), 0); err != nil {
		return err
	}
	return t.file.Sync()
}

// replaced reports whether another process has put another table in its place.
func (t *table) replaced() bool {
	if t == nil {
		return false
	}
	old, err := t.file.Stat()
	if err != nil {
		return true
	}
	now, err := os.Stat(t.path)
	return err != nil || !os.SameFile(old, now)
}

// find returns the slot of a key: its own, or the free one where it would be.
func (t *table) find(s sum) (slot uint64, at int64, known bool, err error) {
	slot = binary.BigEndian.Uint64(s[:]) & (t.slots - 1)
	buffer := make([]byte, together*slotSize)
	for {
		b := buffer[:min(together, t.slots-slot)*slotSize]
		if _, err := t.file.ReadAt(b, headerSize+int64(slot)*slotSize); err != nil { //nolint:gosec // G115: it fits a disk
			return 0, 0, false, err
		}
		for ; len(b) > 0; b, slot = b[slotSize:], slot+1 {
			at = int64(binary.BigEndian.Uint64(b[16:])) - 1 //nolint:gosec // G115: what was written
			switch {
			case at < 0:
				return slot, 0, false, nil
			case bytes.Equal(b[:16], s[:]):
				return slot, at, true, nil
			}
		}
		slot &= t.slots - 1
	}
}

// put stores the offset of a key.
func (t *table) put(s sum, at int64) error {
	slot, _, known, err := t.find(s)
	if err != nil {
		return err
	}
	b := binary.BigEndian.AppendUint64(append(make([]byte, 0, slotSize), s[:]...), uint64(at)+1) //nolint:gosec // G115: never negative
	if _, err := t.file.WriteAt(b, headerSize+int64(slot)*slotSize); err != nil {                //nolint:gosec // G115: it fits a disk
		return err
	}
	if !known {
		t.used++
	}
	return nil
}
