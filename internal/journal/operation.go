package journal

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/journal/entry"
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
	// Such an operation can be looked at, but not resumed.
	Damaged error

	store  *Store
	path   string
	headed bool  // the file begins with a head
	end    int64 // of the last entry, in the file
	spare  bool  // the file has space for more entries
	stamp  stamp
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
	return Ref{Provider: e.Provider, Kind: e.Kind, ID: e.OldID}
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
// When it returns, the entry and space for those to come are durable; when it
// fails, or is killed, there is no operation.
func (s *Store) Create(first Entry) (*Operation, error) {
	random := make([]byte, 4)
	_, _ = rand.Read(random) // it never fails
	o := &Operation{ID: first.Time.UTC().Format("20060102-150405-") + hex.EncodeToString(random), store: s, headed: true}
	o.path = s.path("operations", o.ID+suffix)
	if _, err := o.encode(&first); err != nil {
		return nil, err
	}
	return o, o.rewrite([]Entry{first}, func(*Entry) {}, reserve)
}

// file is the operation as its file has it.
func (o *Operation) file() (*entry.File, error) {
	k, err := o.store.sealer()
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return &entry.File{Key: k, Operation: o.ID, Entries: o.Entries, Headed: o.headed}, nil
}

// encode completes e as the next entry and returns its line.
func (o *Operation) encode(e *Entry) ([]byte, error) {
	f, err := o.file()
	if err != nil {
		return nil, err
	}
	e.Seq = len(o.Entries) + 1
	e.Time = e.Time.UTC()
	if len(e.Secrets) > 0 {
		if e.Sealed, e.Fingerprints, err = f.Key.Seal(e.Secrets); err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
	}
	e.Secrets = nil
	line, err := f.Line(e)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return line, nil
}

// rewrite replaces the file by what change leaves of entries, and this much space.
func (o *Operation) rewrite(entries []Entry, change func(*Entry), space int) error {
	f, err := o.file()
	if err != nil {
		return err
	}
	f.Entries = nil
	var lines []byte
	for _, e := range entries {
		change(&e)
		line, err := f.Line(&e)
		if err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		f.Entries, lines = append(f.Entries, e), append(lines, line...)
	}
	if o.headed {
		lines = append(f.Head(), lines...)
	}
	end := int64(len(lines))
	lines = append(lines, bytes.Repeat([]byte("\n"), space)...)
	if err := fsafe.WriteFile(o.path, lines, fsafe.Options{}); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	o.Entries, o.end, o.spare = f.Entries, end, space > 0
	return nil
}

// Append adds one entry. When it returns, the entry is durable; when it fails,
// there is no such entry, or half of it, which reading ignores.
func (o *Operation) Append(e Entry) error {
	if o.Damaged != nil {
		return o.Damaged
	}
	if err := o.Unchanged(); err != nil {
		return err
	}
	line, err := o.encode(&e)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(o.path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	_, err = f.WriteAt(line, o.end)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		o.Entries, o.end = append(o.Entries, e), o.end+int64(len(line))
		o.nameLast(f)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// nameLast names the last entry in the head of the file. Its failure takes nothing from
// the entry, which is durable; the next head names it too.
func (o *Operation) nameLast(f *os.File) {
	if file, err := o.file(); err == nil && o.headed {
		_, _ = f.WriteAt(file.Head(), 0)
		_ = f.Sync()
	}
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
	return o.drop(func(e *Entry) { e.Sealed, e.Snapshot = "", nil })
}

// Settle takes the snapshots and the space for more entries out of the file, of an
// operation that needs them no more. The caller has the lock of the credential.
func (o *Operation) Settle() error {
	return o.drop(func(e *Entry) { e.Snapshot = nil })
}

// Settled reports whether there is nothing for Settle to do.
func (o *Operation) Settled() bool {
	return !o.spare && !slices.ContainsFunc(o.Entries, func(e Entry) bool { return e.Snapshot != nil })
}

// drop writes the file again, with what change leaves of its entries.
func (o *Operation) drop(change func(*Entry)) error {
	if o.Damaged != nil {
		return o.Damaged
	}
	return o.rewrite(o.Entries, change, 0)
}
