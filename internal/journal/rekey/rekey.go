// Package rekey changes the identity that a journal is encrypted for.
package rekey

import (
	"context"
	"errors"
	"fmt"

	"filippo.io/age"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/journal/entry"
	"github.com/credctl/credctl/internal/journal/seal"
	"github.com/credctl/credctl/internal/provider"
)

// A Lock takes what a run that changes an operation holds, without waiting. It returns a
// context that ends when that is lost.
type Lock func(ctx context.Context, s *journal.Store, x journal.Index, o *journal.Operation) (held context.Context, release func(), err error)

// Prepare encrypts the secrets of all unfinished operations for another identity too, and
// then makes that the identity of the journal. Fingerprints and the chains of entries stay
// valid. After an interruption it can be repeated.
func Prepare(ctx context.Context, s *journal.Store, to *age.X25519Identity, lock Lock) error {
	k, err := s.Key()
	if err != nil {
		return err
	}
	if _, err := reseal(ctx, s, k.And(to), lock); err != nil {
		return err
	}
	passed, err := k.Pass(to)
	if err != nil {
		return err
	}
	return s.Backend().Rekey(ctx, backend.Rekeying{Identity: to, Passed: passed})
}

// Finish encrypts the secrets of all unfinished operations for the identity of the journal
// alone. It returns how many operations have secrets.
func Finish(ctx context.Context, s *journal.Store, lock Lock) (operations int, err error) {
	k, err := s.Key()
	if err != nil {
		return 0, err
	}
	return reseal(ctx, s, k, lock)
}

// reseal encrypts the secrets of all unfinished operations again.
func reseal(ctx context.Context, s *journal.Store, k *seal.Key, lock Lock) (operations int, err error) {
	index, err := s.Index()
	if err != nil {
		return 0, err
	}
	for _, o := range index.Live() {
		if o.Damaged != nil {
			return operations, o.Damaged
		}
		if o.Wiped() {
			continue
		}
		held, release, err := lock(ctx, s, index, o)
		if err != nil {
			return operations, err
		}
		err = backend.Lost(held, again(s, k, o.ID))
		release()
		if err != nil {
			return operations, err
		}
		operations++
	}
	return operations, nil
}

// again writes an operation with its secrets encrypted by a key.
func again(s *journal.Store, k *seal.Key, id string) error {
	texts, err := s.Backend().Read(id)
	if err != nil || len(texts) == 0 {
		return err
	}
	f := entry.File{Key: k, Operation: id}
	f.Parse(texts[0].Lines)
	if f.Damage != "" {
		return provider.WithClass(provider.ErrRefused, fmt.Errorf("operation %s: %s", id, f.Damage))
	}
	_, lines, err := f.Rewrite(k, func(e *entry.Entry) error { return e.Reseal(k, k) })
	if err != nil {
		return fmt.Errorf("operation %s: %w", id, err)
	}
	err = s.Backend().Replace(id, f.Last(), lines)
	if errors.Is(err, backend.ErrConflict) {
		err = provider.WithClass(provider.ErrLocked, fmt.Errorf("operation %s: %w", id, err))
	}
	return err
}
