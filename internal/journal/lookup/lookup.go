// Package lookup finds lines of an append-only file by their keys without reading the
// file: a hash table on the disk has the offset of each line, except for the last
// lines, which are read. The table is made again when it does not fit the file.
package lookup

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"sync"
)

// A Config is what an index is about.
type Config struct {
	Lines string // the path of the file of lines
	Table string // the path of the hash table

	// Keys returns what a line is found by; none where it is not to be found. An error
	// says that the file of lines is not as it was written.
	Keys func(line []byte) ([]string, error)

	// KeepEarlier reports whether the earlier of two lines with the same key stays the one that
	// is found. It may be nil: then the later one is.
	KeepEarlier func(key string, earlier, later []byte) bool

	// Lock keeps other processes from writing the table. An error is that the table is
	// not extended now.
	Lock func() (release func(), err error)
}

// An Index finds lines. It is safe for concurrent use, by several processes too.
type Index struct {
	Config

	mu    sync.Mutex
	lines *os.File // nil: it does not exist
	table *table   // nil: there is none
	read  int64    // up to here the lines are in table or tail
	torn  bool     // the last line is not whole
	tail  map[sum]int64
}

// A sum stands for a key.
type sum [16]byte

func sumOf(b []byte) (s sum) {
	full := sha256.Sum256(b)
	copy(s[:], full[:])
	return s
}

// maxTail is how many bytes of lines are read at most before the table is extended.
const maxTail = 16 << 10

// mostTail is how many keys are in memory at most while a large file is read.
const mostTail = 1 << 15

// New returns an index. It opens nothing yet.
func New(c Config) *Index { return &Index{Config: c} }

// ErrAltered is the error of a file of lines that is not as the table says: lines were
// changed or removed. The table is not used for it.
var ErrAltered = errors.New("lines were changed or removed")

// Refresh reads what was added since it was called last.
func (x *Index) Refresh() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.refresh()
	if err == nil && x.read-x.covered() > maxTail {
		x.extend()
	}
	return err
}

// Follow is Refresh for a process that adds many lines: it leaves the table as it is
// where it can.
func (x *Index) Follow() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.refresh()
}

func (x *Index) refresh() error {
	size, err := x.reopen()
	if err != nil || x.lines == nil {
		return err
	}
	err = x.follow(size)
	x.torn = x.read < size
	return err
}

// Size is how long the file was when it was read last, without a line that is not whole.
func (x *Index) Size() int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.read
}

// Torn reports whether the last line was not whole at the last Refresh.
func (x *Index) Torn() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.torn
}

// reopen opens the files if others have taken their places, and returns the size of
// the file of lines.
func (x *Index) reopen() (size int64, err error) {
	now, err := os.Stat(x.Lines)
	if errors.Is(err, fs.ErrNotExist) {
		x.close()
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if x.lines != nil {
		old, err := x.lines.Stat()
		if err == nil && os.SameFile(old, now) && now.Size() >= x.read && !x.table.replaced() {
			return now.Size(), nil
		}
		x.close()
	}
	if x.lines, err = os.Open(x.Lines); err != nil {
		return 0, err
	}
	info, err := x.lines.Stat()
	if err != nil {
		return 0, err
	}
	x.tail = map[sum]int64{}
	x.table, err = openTable(x.Table)
	if err != nil || x.table == nil {
		return info.Size(), err
	}
	x.read = x.table.covered
	last, err := x.last(x.table.covered)
	if err != nil || last != x.table.last {
		x.close()
		return 0, ErrAltered
	}
	return info.Size(), nil
}

// close closes the files.
func (x *Index) close() {
	if x.lines != nil {
		_ = x.lines.Close()
	}
	if x.table != nil {
		_ = x.table.file.Close()
	}
	x.lines, x.table, x.read, x.torn, x.tail = nil, nil, 0, false, nil
}

func (x *Index) covered() int64 {
	if x.table == nil {
		return 0
	}
	return x.table.covered
}

// last sums up the end of the lines before an offset.
func (x *Index) last(end int64) (sum, error) {
	b := make([]byte, min(end, 256))
	_, err := x.lines.ReadAt(b, end-int64(len(b)))
	return sumOf(b), err
}

// follow adds the lines up to size to the tail.
func (x *Index) follow(size int64) error {
	return each(x.lines, x.read, size, func(line []byte, at int64) error {
		keys, err := x.Keys(line)
		if err != nil {
			return err
		}
		for _, key := range keys {
			s := sumOf([]byte(key))
			before, known, err := x.offset(s)
			if err != nil {
				return err
			}
			if !known || !x.earlierWins(key, before, line) {
				x.tail[s] = at
			}
		}
		x.read = at + int64(len(line))
		if len(x.tail) >= mostTail {
			x.extend()
		}
		return nil
	})
}

// earlierWins reports whether the line at an offset stays the one that is found by key.
func (x *Index) earlierWins(key string, before int64, later []byte) bool {
	if x.KeepEarlier == nil {
		return false
	}
	earlier, err := x.line(before)
	return err == nil && x.KeepEarlier(key, earlier, later)
}

// Drop removes the table, which the next Refresh makes again.
func (x *Index) Drop() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.close()
	err := os.Remove(x.Table)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
