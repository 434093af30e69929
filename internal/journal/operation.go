package journal

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/journal/entry"
	"github.com/credctl/credctl/internal/provider"
)

// An Operation is one rotation: a text to which entries are added, and nothing
// else is done until it is wiped.
type Operation struct {
	ID      string
	Entries []Entry

	// Damaged says that entries which were durable cannot be read any more.
	// Such an operation can be looked at, but not resumed.
	Damaged error

	store  *Store
	headed bool // the text begins with a head
	spare  bool // the text has space for more entries
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
	if _, err := o.encode(&first); err != nil {
		return nil, err
	}
	f, text, err := o.text([]Entry{first}, func(*Entry) {})
	if err != nil {
		return nil, err
	}
	if err := s.backend.Create(o.ID, text); err != nil {
		return nil, named(err)
	}
	o.Entries, o.spare = f.Entries, true
	return o, nil
}

// file is the operation as its text has it.
func (o *Operation) file() (*entry.File, error) {
	k, err := o.store.Key()
	if err != nil {
		return nil, named(err)
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
			return nil, named(err)
		}
	}
	e.Secrets = nil
	line, err := f.Line(e)
	return line, named(err)
}

// text returns what change leaves of entries, as the text of the operation.
func (o *Operation) text(entries []Entry, change func(*Entry)) (*entry.File, []byte, error) {
	f, err := o.file()
	if err != nil {
		return nil, nil, err
	}
	f.Entries = entries
	f, lines, err := f.Rewrite(f.Key, func(e *Entry) error {
		change(e)
		return nil
	})
	return f, lines, named(err)
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
	return !slices.ContainsFunc(o.Entries, func(e Entry) bool { return e.Sealed != "" })
}

// named says that an error is the journal's.
func named(err error) error {
	if err != nil {
		err = fmt.Errorf("journal: %w", err)
	}
	return err
}
