package rotation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// isSelf reports whether the subject is the credential that credctl signs with,
// and whether that could be told.
func (e *Engine) isSelf(ctx context.Context, s Subject, service provider.Service) (self, known bool, err error) {
	owner, known, err := e.signer(ctx, s)
	if err != nil || known {
		return owner == s.Ref(), known, err
	}
	return movesWithUs(ctx, func(ctx context.Context) (time.Time, error) {
		c, err := get(ctx, service, s.ID)
		return c.LastUsed, err
	})
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
	var used, asked []time.Time
	var slowest time.Duration
	for i := 0; ; i++ {
		start := time.Now()
		t, err := lastUsed(ctx)
		if err != nil {
			return false, false, err
		}
		if t.IsZero() {
			return false, false, nil
		}
		used, asked, slowest = append(used, t), append(asked, start), max(slowest, time.Since(start))
		if i == len(gaps) {
			break
		}
		timer := time.NewTimer(gaps[i])
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false, false, ctx.Err()
		}
	}
	still := true
	for i := range gaps {
		moved, ours := used[i+1].Sub(used[i]), asked[i+1].Sub(asked[i])
		still = still && moved == 0
		if (moved - ours).Abs() > slowest+20*time.Millisecond {
			return false, !still, nil
		}
	}
	return true, true, nil
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
