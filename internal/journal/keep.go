package journal

import (
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
var ErrKept = backend.ErrKept

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
	path, kerr := spool.Put(o.ID, text)
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
		secrets, err := kept.Secrets()
		if err != nil {
			return provider.Hint(named(fmt.Errorf("%s in %s: %w", id, spool.Dir, err)),
				"compare the rotation with the vendor, then move the file away; if the identity was changed, restore the earlier identity")
		}
		now, err := kept.putBack()
		if errors.Is(err, backend.ErrConflict) {
			err = spool.Part(id, provider.Credential{Provider: kept.Ref().Provider, Kind: kept.Ref().Kind, ID: kept.NewID(), Secret: secrets[NewSecret]}, entry.Reissued(kept.Entries, now.Entries))
		} else if err == nil {
			spool.Note("Added the local copy of rotation " + id + " to the journal")
		}
		if err != nil {
			return err
		}
		return spool.Drop(id)
	})
}

// putBack adds to the journal what it lacks of o, and returns the operation as the journal
// has it then. [backend.ErrConflict] is that another run has changed a credential since.
func (o *Operation) putBack() (now *Operation, err error) {
	now, err = o.store.Load(o.ID)
	switch {
	case errors.Is(err, provider.ErrNotFound):
		_, text, err := o.text(o.Entries, func(*Entry) {})
		if err != nil {
			return nil, err
		}
		return o, named(o.store.backend.Create(o.ID, text))
	case err != nil:
		return nil, err
	case now.Damaged != nil:
		return nil, now.Damaged
	}
	mine := o.Entries
	for _, e := range now.Entries {
		switch {
		case len(mine) == 0: // all were added, and the answer was lost
			return now, nil
		case entry.Same(e, mine[0]):
			mine = mine[1:]
		case !e.Step.Idle():
			return now, backend.ErrConflict
		}
	}
	for _, e := range mine {
		if err := now.add(e); err != nil {
			return nil, err
		}
	}
	return now, nil
}
