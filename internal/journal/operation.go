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
	headed bool  // the file begins with a head
	end    int64 // of the last entry, in the file
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
// When it returns, the entry and space for those to come are durable; when it
// fails, or is killed, there is no operation.
func (s *Store) Create(first Entry) (*Operation, error) {
	random := make([]byte, 4)
	_, _ = rand.Read(random) // it never fails
	o := &Operation{ID: first.Time.UTC().Format("20060102-150405-") + hex.EncodeToString(random), store: s, headed: true}
	line, err := o.encode(&first)
	if err != nil {
		return nil, err
	}
	o.Entries = []Entry{first}
	if err := o.rewrite(line, reserve); err != nil {
		return nil, err
	}
	return o, nil
}

func (o *Operation) path() string { return o.store.path("operations", o.ID+suffix) }

// encode completes e as the next entry and returns its line.
func (o *Operation) encode(e *Entry) ([]byte, error) {
	e.Seq = len(o.Entries) + 1
	e.Time = e.Time.UTC()
	if err := o.store.seal(e); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	e.Secrets = nil
	line, err := o.line(e, o.before(o.Entries))
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return line, nil
}

// rewrite replaces the file by the head of o.Entries, their lines, and this much space.
func (o *Operation) rewrite(lines []byte, space int) error {
	var content []byte
	if o.headed {
		line, err := o.headLine(o.Entries)
		if err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		content = line
	}
	content = append(content, lines...)
	o.end = int64(len(content))
	content = append(content, bytes.Repeat([]byte("\n"), space)...)
	if err := fsafe.WriteFile(o.path(), content, fsafe.Options{}); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
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
	f, err := os.OpenFile(o.path(), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	_, err = f.WriteAt(line, o.end)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		o.Entries, o.end = append(o.Entries, e), o.end+int64(len(line))
		o.writeHead(f)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
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
		line, err := o.line(&e, o.before(entries[:i]))
		if err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		out = append(out, line...)
		entries[i] = e
	}
	wiped := *o
	wiped.Entries = entries
	if err := wiped.rewrite(out, 0); err != nil {
		return err
	}
	*o = wiped
	return nil
}
