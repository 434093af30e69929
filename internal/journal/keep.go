package journal

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/journal/entry"
	"github.com/credctl/credctl/internal/provider"
)

// ErrKept is the class of the error of [Operation.Append] where the journal could not be
// reached, or is another run's by now, and the entry is kept on this machine until the
// next run gives it back. Nothing more may be sent.
var ErrKept = errors.New("kept on this machine")

// keep keeps an answer that could not be added to the journal because of err.
func (o *Operation) keep(e Entry, err error) error {
	spool := o.store.backend.Spool()
	if spool == nil || e.Step != Issued && len(e.Secrets) == 0 {
		return err
	}
	if _, eerr := o.encode(&e); eerr != nil {
		return errors.Join(err, eerr)
	}
	_, text, terr := o.text(append(slices.Clip(o.Entries), e), func(*Entry) {})
	if terr != nil {
		return errors.Join(err, terr)
	}
	path, kerr := spool.Keep(o.ID, text)
	if kerr != nil {
		return errors.Join(err, fmt.Errorf("the answer could not be kept on this machine: %w", kerr))
	}
	class := provider.ErrUnavailable
	if errors.Is(err, provider.ErrLocked) {
		class = provider.ErrLocked
	}
	kept := provider.WithClass(ErrKept, provider.Reclassify(class, fmt.Errorf("%w; the vendor's answer is in %s, encrypted", err, path)))
	return provider.Hint(kept, "run the same command on this host when the database answers: it continues from there")
}

// giveBack adds what earlier runs have kept on this machine.
func (s *Store) giveBack() error {
	spool := s.backend.Spool()
	if spool == nil {
		return nil
	}
	return spool.Each(func(id string, text []byte) error {
		k, err := s.Key()
		if err != nil {
			return named(err)
		}
		kept := s.parse(k, backend.Text{Version: backend.Version{ID: id}, Lines: text})
		if kept.Damaged != nil {
			return provider.Hint(fmt.Errorf("%s in %s is damaged", id, spool.Dir), "compare it with the vendor, then remove the file")
		}
		err = kept.putBack()
		switch {
		case errors.Is(err, backend.ErrConflict):
			spool.Note(fmt.Sprintf("Discarded what this host had kept of rotation %s: another run has replaced or revoked it since", id))
		case err != nil:
			return named(err)
		default:
			spool.Note("Added to the journal what this host had kept of rotation " + id)
		}
		return spool.Drop(id)
	})
}

// putBack adds to the journal what it lacks of o, which has been more than it at one
// time. [backend.ErrConflict] is that another run has continued the operation.
func (o *Operation) putBack() error {
	texts, err := o.store.backend.Read(o.ID)
	if err != nil {
		return err
	}
	if len(texts) == 0 {
		_, text, err := o.text(o.Entries, func(*Entry) {})
		if err != nil {
			return err
		}
		return o.store.backend.Create(o.ID, text)
	}
	var now entry.File
	now.Parse(texts[0].Lines)
	if !begins(o.Entries, now.Entries) {
		if begins(now.Entries, o.Entries) {
			return nil // it was added, and the answer was lost
		}
		return backend.ErrConflict
	}
	f, err := o.file()
	if err != nil {
		return err
	}
	for i := len(now.Entries); i < len(o.Entries); i++ {
		f.Entries = o.Entries[:i]
		a := backend.Addition{After: f.Last()}
		e := o.Entries[i]
		if a.Line, err = f.Line(&e); err != nil {
			return err
		}
		f.Entries = o.Entries[:i+1]
		if o.headed {
			a.Head = bytes.Clone(f.Head())
		}
		if err := o.store.backend.Append(o.ID, a); err != nil {
			return err
		}
	}
	return nil
}

// begins reports whether all begins with first.
func begins(all, first []Entry) bool {
	return len(first) <= len(all) && slices.EqualFunc(all[:len(first)], first, func(a, b Entry) bool { return a.MAC == b.MAC })
}
