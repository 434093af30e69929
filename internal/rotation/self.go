package rotation

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
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
	if t, ok := e.selves.Load(s.Ref()); ok {
		return t.(ownership).self, t.(ownership).known, nil
	}
	own, unknown, err := movesWithUs(ctx, provider.ListScope(ctx, service, provider.Credential{}), []string{s.ID})
	self, known = own != "", len(unknown) == 0
	if err == nil {
		e.selves.Store(s.Ref(), ownership{self, known})
	}
	return self, known, err
}

// ownership is whether a credential is what credctl signs with, and whether that could be told.
type ownership struct{ self, known bool }

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
func gaps() []time.Duration { return []time.Duration{150 * time.Millisecond, 430 * time.Millisecond} }

// lately bounds what is remembered of a large listing: our own requests were only just signed.
const lately = 24 * time.Hour

// movesWithUs returns which of these credentials keeps step with our own requests
// by its time of last use, and so signs them. all is looked at several times. When
// it is none of them, it returns those that it may be all the same: one that did
// not move tells nothing, because some servers write that time once a minute, or
// never. If just one of the others keeps step, it is that.
func movesWithUs(ctx context.Context, all iter.Seq2[provider.Credential, error], ids []string) (self string, unknown []string, err error) {
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[strings.ToLower(id)] = true
	}
	used := map[string][]time.Time{}
	asked, slowest, err := observe(ctx, func(context.Context) error {
		for c, err := range all {
			if err != nil {
				return err
			}
			if id := strings.ToLower(c.ID); !c.LastUsed.IsZero() && (wanted[id] || time.Since(c.LastUsed) < lately) {
				used[id] = append(used[id], c.LastUsed)
			}
		}
		if len(used) == 0 {
			return errNeverUsed
		}
		return nil
	})
	if err != nil {
		if errors.Is(err, errNeverUsed) {
			err = nil
		}
		return "", ids, err
	}
	for _, id := range ids {
		self, known := inStep(used[strings.ToLower(id)], asked, slowest)
		if self {
			return id, nil, nil
		}
		if !known {
			unknown = append(unknown, id)
		}
	}
	others := 0
	for _, times := range used {
		if self, _ := inStep(times, asked, slowest); self {
			others++
		}
	}
	if others == 1 {
		unknown = nil
	}
	return "", unknown, nil
}

var errNeverUsed = errors.New("never used")

// observe calls see before, between and after the gaps, and returns when it did and
// how long it took at most.
func observe(ctx context.Context, see func(context.Context) error) (asked []time.Time, slowest time.Duration, err error) {
	pauses := gaps()
	for i := 0; ; i++ {
		start := time.Now()
		if err := see(ctx); err != nil {
			return nil, 0, err
		}
		asked, slowest = append(asked, start), max(slowest, time.Since(start))
		if i == len(pauses) {
			return asked, slowest, nil
		}
		timer := time.NewTimer(pauses[i])
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, 0, ctx.Err()
		}
	}
}

// inStep compares when a credential was used with when we asked, and reports
// whether that is what signs our requests, and whether it can be told. A credential
// that others use moves too, but not by just what lies between our requests. One
// that did not move with each of them may be ours at a server that does not write
// down every use.
func inStep(used, asked []time.Time, slowest time.Duration) (self, known bool) {
	if len(used) != len(asked) {
		return false, false
	}
	moves, together := 0, 0
	gaps := len(asked) - 1
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
	return together == gaps, moves == gaps
}

// SelfAmong returns which of these credentials, of the kind of s, credctl signs
// with: "" when it is none of them. Of those in unknown it cannot be told. all are
// the credentials that the token can see; it is ranged over, more than once, only
// where the journal does not tell.
func (e *Engine) SelfAmong(ctx context.Context, s Subject, all iter.Seq2[provider.Credential, error], ids []string) (self string, unknown []string, err error) {
	owner, known, err := e.signer(ctx, s)
	if err != nil {
		return "", nil, err
	}
	if !known {
		self, unknown, err = movesWithUs(ctx, all, ids)
		for _, id := range ids {
			if err == nil { // what is then done with each of them asks the same
				e.selves.Store(s.Ref().With(id), ownership{id == self, !slices.Contains(unknown, id)})
			}
		}
		return self, unknown, err
	}
	s.ID = owner.ID
	if i := slices.IndexFunc(ids, func(id string) bool { return strings.EqualFold(id, owner.ID) }); i >= 0 && owner == s.Ref() {
		return ids[i], nil, nil
	}
	return "", nil, nil
}

// Signs is what is said of the credential that credctl signs with.
const Signs = "is the key that credctl itself signs with"

// Untold says that it cannot be told of which of these credentials something is so.
func Untold(what string, ids ...string) string {
	const most = 5
	which := strings.Join(ids[:min(most, len(ids))], ", ")
	if len(ids) > most {
		which += fmt.Sprintf(" and %d others", len(ids)-most)
	}
	if len(ids) > 1 {
		which = "one of " + which
	}
	return "whether " + which + " " + what + " cannot be told"
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
