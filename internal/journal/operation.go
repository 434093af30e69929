package journal

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

// reserve is the space that an operation takes before anything is issued, so
// that a full disk is met while it does no harm.
const reserve = 64 << 10

const suffix = ".jsonl"

// An Operation is one rotation: a file to which entries are added, and nothing
// else is done until it is wiped.
type Operation struct {
	ID      string
	Entries []Entry

	// Damaged says that entries which were durable cannot be read any more.
	// Such an operation can be looked at, but not gone on with.
	Damaged error

	store *Store
	end   int64 // of the last entry, in the file
	stamp stamp
}

// A stamp tells whether a file has changed since it was read.
type stamp struct {
	size int64
	time time.Time
}

// Ref returns the credential that is rotated.
func (o *Operation) Ref() Ref {
	if len(o.Entries) == 0 {
		return Ref{}
	}
	e := o.Entries[0]
	return Ref{e.Provider, e.Kind, e.OldID}
}

// started is when the operation began, to the nanosecond; its ID has only the second.
func (o *Operation) started() time.Time {
	if len(o.Entries) == 0 {
		return time.Time{}
	}
	return o.Entries[0].Time
}

// NewID returns the successor's ID, or "" while there is none.
func (o *Operation) NewID() string {
	for _, e := range slices.Backward(o.Entries) {
		if e.NewID != "" {
			return e.NewID
		}
	}
	return ""
}

// Last returns the entry that was added last.
func (o *Operation) Last() Entry { return o.Entries[len(o.Entries)-1] }

// Final reports whether the operation has ended.
func (o *Operation) Final() bool { return o.Last().Step == Done || o.Last().Step == Aborted }

// Create begins an operation with its first entry, which names the credential.
// When it returns, the entry and space for those to come are durable.
func (s *Store) Create(first Entry) (_ *Operation, err error) {
	random := make([]byte, 4)
	_, _ = rand.Read(random) // it never fails
	o := &Operation{ID: first.Time.UTC().Format("20060102-150405-") + hex.EncodeToString(random), store: s}
	line, err := o.encode(&first)
	if err != nil {
		return nil, err
	}
	path := o.path()
	f, err := fsafe.Create(path, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the journal: %w", err)
	}
	_, err = f.Write(append(bytes.Clone(line), bytes.Repeat([]byte("\n"), reserve)...))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = fsafe.SyncDir(filepath.Dir(path))
	}
	if err != nil {
		return nil, fmt.Errorf("the journal: %w", errors.Join(err, os.Remove(path)))
	}
	o.Entries, o.end = []Entry{first}, int64(len(line))
	return o, nil
}

func (o *Operation) path() string { return o.store.path("operations", o.ID+suffix) }

// encode completes e as the next entry and returns its line.
func (o *Operation) encode(e *Entry) ([]byte, error) {
	e.Seq = len(o.Entries) + 1
	e.Time = e.Time.UTC()
	if err := o.store.seal(e); err != nil {
		return nil, fmt.Errorf("the journal: %w", err)
	}
	e.Secrets = nil
	line, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("the journal: %w", err)
	}
	return append(line, '\n'), nil
}

// Append adds one entry. When it returns, the entry is durable; when it fails,
// there is no such entry, or half of it, which reading ignores.
func (o *Operation) Append(e Entry) error {
	if o.Damaged != nil {
		return o.Damaged
	}
	line, err := o.encode(&e)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(o.path(), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("the journal: %w", err)
	}
	_, err = f.WriteAt(line, o.end)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("the journal: %w", err)
	}
	o.Entries, o.end = append(o.Entries, e), o.end+int64(len(line))
	return nil
}

// Secrets returns what the entries hold in Secrets; of one name, the last.
func (o *Operation) Secrets() (map[string]provider.Secret, error) {
	secrets := map[string]provider.Secret{}
	for _, e := range o.Entries {
		if err := o.store.open(e, secrets); err != nil {
			return nil, fmt.Errorf("operation %s: %w", o.ID, err)
		}
	}
	return secrets, nil
}

// Wiped reports whether the operation holds no secret.
func (o *Operation) Wiped() bool {
	for _, e := range o.Entries {
		if e.Sealed != "" {
			return false
		}
	}
	return true
}

// Wipe takes the secrets and the snapshots out of the file, in one step. What
// happened, and which credential followed which, stays.
func (o *Operation) Wipe() error {
	if o.Damaged != nil {
		return o.Damaged
	}
	var out []byte
	entries := make([]Entry, len(o.Entries))
	for i, e := range o.Entries {
		e.Sealed, e.Snapshot = "", nil
		line, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("the journal: %w", err)
		}
		out = append(append(out, line...), '\n')
		entries[i] = e
	}
	if err := fsafe.WriteFile(o.path(), out, fsafe.Options{}); err != nil {
		return fmt.Errorf("the journal: %w", err)
	}
	o.Entries, o.end = entries, int64(len(out))
	return nil
}

// Load reads the operation with this ID again, as it is on the disk now.
func (s *Store) Load(id string) (*Operation, error) {
	if id != filepath.Base(id) {
		return nil, provider.As(provider.ErrNotFound, fmt.Errorf("there is no operation %q", id))
	}
	o := &Operation{ID: id, store: s}
	b, err := os.ReadFile(o.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, provider.As(provider.ErrNotFound, fmt.Errorf("there is no operation %q", id))
	}
	if err != nil {
		return nil, fmt.Errorf("the journal: %w", err)
	}
	o.parse(b)
	return o, nil
}

// parse reads the lines of an operation. An entry that is not whole counts as
// never written when no other follows: its Append has not returned. Blank lines
// are the reserve.
func (o *Operation) parse(b []byte) {
	at, torn := int64(0), 0
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
			o.Damaged = provider.Hint(fmt.Errorf("operation %s: entry %d cannot be read, and others follow it", o.ID, cmp.Or(torn, len(o.Entries)+1)),
				"look at %s, and at the vendor; then move the file away", o.path())
			return
		default:
			o.Entries, o.end = append(o.Entries, e), start+int64(len(line))
		}
	}
}

// Operations returns every operation, the oldest first.
func (s *Store) Operations() ([]*Operation, error) {
	files, err := os.ReadDir(s.path("operations"))
	if err != nil {
		return nil, fmt.Errorf("the journal: %w", err)
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
		if len(o.Entries) == 0 && o.Damaged == nil {
			continue // its Create has not returned, so that nothing was done
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
