package rotation

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// isSelf reports whether the subject is the credential that credctl signs with,
// and whether that could be told. It is found out once: a plan and what is then
// carried out ask the same.
func (e *Engine) isSelf(ctx context.Context, s Subject, service provider.Service) (self, known bool, err error) {
	owner, known, err := e.signer(ctx, s)
	if err != nil || known {
		return owner == s.Ref(), known, err
	}
	type told struct{ self, known bool }
	if t, ok := e.selves.Load(s.Ref()); ok {
		return t.(told).self, t.(told).known, nil
	}
	self, known, err = movesWithUs(ctx, func(ctx context.Context) (time.Time, error) {
		c, err := get(ctx, service, s.ID)
		return c.LastUsed, err
	})
	if err == nil {
		e.selves.Store(s.Ref(), told{self, known})
	}
	return self, known, err
}

// signer returns the credential that credctl signs with, if the journal knows
// it. It knows that none is, too, where credctl does not sign with such.
func (e *Engine) signer(ctx context.Context, s Subject) (owner journal.Ref, known bool, err error) {
	if e.Token == nil {
		return journal.Ref{}, true, nil
	}
	token, err := e.Token(ctx, s)
	if err != nil || token.IsZero() {
		return journal.Ref{}, true, err
	}
	return e.Journal.Owner(token)
}

// gaps are the pauses between looks at when a credential was last used. They are
// not alike, so that regular use by somebody else does not look like ours.
var gaps = []time.Duration{150 * time.Millisecond, 430 * time.Millisecond}

// movesWithUs reports whether a time of last use keeps step with our own
// requests, which then are signed by that credential. A key that others use
// moves too, but not by just what lies between our requests. One that has not
// moved at all tells nothing: some servers write it once a minute, or never.
func movesWithUs(ctx context.Context, lastUsed func(context.Context) (time.Time, error)) (self, known bool, err error) {
	used := []time.Time{}
	asked, slowest, err := look(ctx, func(ctx context.Context) error {
		t, err := lastUsed(ctx)
		used = append(used, t)
		if err == nil && t.IsZero() {
			err = errNeverUsed
		}
		return err
	})
	if err != nil {
		if errors.Is(err, errNeverUsed) {
			err = nil
		}
		return false, false, err
	}
	self, known = inStep(used, asked, slowest)
	return self, known, nil
}

var errNeverUsed = errors.New("never used")

// look calls see before, between and after the gaps, and returns when it did and
// how long it took at most.
func look(ctx context.Context, see func(context.Context) error) (asked []time.Time, slowest time.Duration, err error) {
	for i := 0; ; i++ {
		start := time.Now()
		if err := see(ctx); err != nil {
			return nil, 0, err
		}
		asked, slowest = append(asked, start), max(slowest, time.Since(start))
		if i == len(gaps) {
			return asked, slowest, nil
		}
		timer := time.NewTimer(gaps[i])
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, 0, ctx.Err()
		}
	}
}

// inStep compares when a credential was used with when we asked. One that did
// not move between two of our requests is not what signs them, however slow the
// vendor is; that says nothing when it did not move at all.
func inStep(used, asked []time.Time, slowest time.Duration) (self, known bool) {
	moves, together := 0, 0
	for i := range gaps {
		moved, ours := used[i+1].Sub(used[i]), asked[i+1].Sub(asked[i])
		if moved == 0 {
			continue
		}
		moves++
		if (moved - ours).Abs() <= slowest+20*time.Millisecond {
			together++
		}
	}
	return together == len(gaps), moves > 0
}

// SelfAmong returns which of these credentials, of the kind of s, credctl signs
// with: "" when it is none of them, or when that cannot be told.
func (e *Engine) SelfAmong(ctx context.Context, s Subject, service provider.Service, ids []string) (string, error) {
	owner, known, err := e.signer(ctx, s)
	if err != nil || known {
		s.ID = owner.ID
		if err == nil && owner == s.Ref() && slices.Contains(ids, owner.ID) {
			return owner.ID, nil
		}
		return "", err
	}
	used := make(map[string][]time.Time, len(ids))
	asked, slowest, err := look(ctx, func(ctx context.Context) error {
		for c, err := range among(ctx, service, ids) {
			if err != nil {
				return err
			}
			if !c.LastUsed.IsZero() && slices.Contains(ids, c.ID) {
				used[c.ID] = append(used[c.ID], c.LastUsed)
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	for id, times := range used {
		if len(times) != len(asked) {
			continue
		}
		if self, _ := inStep(times, asked, slowest); self {
			return id, nil
		}
	}
	return "", nil
}

// among yields the credentials with these IDs, and perhaps others. A few are
// asked for one by one, because a listing may be limited to a part of them.
func among(ctx context.Context, service provider.Service, ids []string) iter.Seq2[provider.Credential, error] {
	const few = 5
	if len(ids) > few {
		return service.(provider.Lister).List(ctx, provider.Input{})
	}
	return func(yield func(provider.Credential, error) bool) {
		for _, id := range ids {
			c, err := get(ctx, service, id)
			if errors.Is(err, provider.ErrNotFound) {
				continue
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// proveSelf makes sure, where credctl signs with the old one, that the new one
// may do what the old one may: an administrative call, signed by the new one.
func (w *work) proveSelf(ctx context.Context) error {
	if !w.options.Self || w.retired || len(w.delivered) > 0 {
		return nil
	}
	service, _, err := w.e.Open(ctx, w.subject, w.secret)
	if err == nil {
		_, err = list(ctx, service)
	}
	switch {
	case errors.Is(err, provider.ErrDenied):
		return w.refuse(ctx, fmt.Errorf("the new one may not do what credctl does with the old one: %w", err))
	case err != nil:
		return as(provider.ErrPartial, fmt.Errorf("whether the new one may do what the old one may could not be told: %w", err))
	}
	return nil
}

// retirer returns the service that deletes the old one: signed by the new one,
// where credctl signs with the old one.
func (w *work) retirer(ctx context.Context) (provider.Service, error) {
	if !w.options.Self {
		return w.service, nil
	}
	service, _, err := w.e.Open(ctx, w.subject, w.secret)
	if err != nil {
		return nil, as(provider.ErrPartial, err)
	}
	return service, nil
}
