package journal

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// Load reads the operation with this ID again, as it is on the disk now.
func (s *Store) Load(id string) (*Operation, error) {
	if id != filepath.Base(id) {
		return nil, provider.WithClass(provider.ErrNotFound, fmt.Errorf("rotation %q not found", id))
	}
	o := &Operation{ID: id, store: s}
	b, err := os.ReadFile(o.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, provider.WithClass(provider.ErrNotFound, fmt.Errorf("rotation %q not found", id))
	}
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	k, err := s.sealer()
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	o.parse(k, b)
	return o, nil
}

// parse reads the lines of an operation. An entry that is not whole counts as
// never written when no other follows: its Append has not returned. The first one
// came with the file. Blank lines are the reserve.
func (o *Operation) parse(k *key, b []byte) {
	b = b[:min(len(b), len(bytes.TrimRight(b, "\n"))+1)]
	head, at, b := cutHead(b)
	o.headed = head != nil
	torn := 0
	for line := range bytes.Lines(b) {
		start := at
		at += int64(len(line))
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var e Entry
		switch {
		case !bytes.HasSuffix(line, []byte("\n")) || json.Unmarshal(line, &e) != nil || e.Step == "":
			torn = cmp.Or(torn, len(o.Entries)+1)
		case torn != 0 || e.Seq != len(o.Entries)+1:
			o.damage(fmt.Sprintf("entry %d cannot be read, and others follow it", cmp.Or(torn, len(o.Entries)+1)))
			return
		case !o.genuine(k, bytes.TrimSuffix(line, []byte("\n")), o.before(o.Entries)):
			o.damage(fmt.Sprintf("entry %d is not as credctl wrote it", e.Seq))
			o.Damaged = provider.WithClass(provider.ErrRefused, o.Damaged)
			return
		default:
			o.Entries, o.end = append(o.Entries, e), start+int64(len(line))
		}
	}
	if len(o.Entries) == 0 {
		o.damage("entry 1 cannot be read, so that it may be about any credential")
		return
	}
	if head != nil {
		o.checkHead(k, head)
	}
}

func (o *Operation) damage(what string) {
	o.Damaged = provider.Hint(fmt.Errorf("operation %s: %s", o.ID, what), "compare %s with the vendor, then move the file away", o.path())
}

// Operations returns every operation, the oldest first.
func (s *Store) Operations() ([]*Operation, error) {
	files, err := os.ReadDir(s.path("operations"))
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	var all []*Operation
	for _, f := range files {
		id, ours := strings.CutSuffix(f.Name(), suffix)
		if !ours || strings.HasPrefix(id, ".") {
			continue
		}
		o, err := s.load(id, f)
		if errors.Is(err, provider.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	slices.SortStableFunc(all, func(a, b *Operation) int { return a.started().Compare(b.started()) })
	return all, nil
}

// load is Load, but for a file that has not changed since. Only what has ended
// is remembered: it does not change any more.
func (s *Store) load(id string, f fs.DirEntry) (*Operation, error) {
	info, err := f.Info()
	if err != nil {
		return nil, err
	}
	now := stamp{info.Size(), info.ModTime()}
	s.mu.Lock()
	o, known := s.ops[id]
	s.mu.Unlock()
	if known && o.stamp == now {
		return &o, nil
	}
	read, err := s.Load(id)
	if err != nil || len(read.Entries) == 0 || !read.Final() || !read.Wiped() {
		return read, err
	}
	read.stamp = now
	s.mu.Lock()
	s.ops[id] = *read
	s.mu.Unlock()
	return read, nil
}
