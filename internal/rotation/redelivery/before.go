package redelivery

import (
	"cmp"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// others returns the destinations that op has delivered the same secret to, and those that
// it has left out, without those that get it now.
func others(c drift.Checker, op *journal.Operation, secret provider.Secret, to []string) (held, left []oplog.Holding, err error) {
	s, err := oplog.Fold(op)
	if err != nil {
		return nil, nil, err
	}
	now := func(h oplog.Holding) bool { return slices.Contains(to, h.To) }
	left = slices.DeleteFunc(slices.Clone(s.Left), now)
	if same, err := c.Delivers(op, secret); err != nil || !same {
		return nil, left, err
	}
	return slices.DeleteFunc(oplog.Holdings(s), now), left, nil
}

// issued returns when the secret of a credential was issued, as far as that is known: to
// deliver it again does not make it younger.
func issued(env run.Env, index journal.Index, c provider.Credential, r journal.Ref) (time.Time, error) {
	made, known, err := index.Made(r)
	if err != nil {
		return time.Time{}, err
	}
	at := c.Created
	if since := cmp.Or(made.Issued, made.Ended); known && since.After(at) {
		at = since
	}
	if at.IsZero() {
		seen, err := env.Journal.Seen()
		if err != nil {
			return at, err
		}
		if at, err = seen.First(r); err != nil {
			return at, err
		}
	}
	return cmp.Or(at, env.Time()), nil
}
