// Package replaced finds signs that a credential was replaced by a run whose journal is not
// this one: the state folder was lost, or that run had another one.
package replaced

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/listing"
	"github.com/credctl/credctl/internal/rotation/run"
)

// A Holding is what a destination holds, as far as it tells.
type Holding struct {
	To     string
	Key    string // the access key ID
	Secret provider.Secret
	Hidden bool // it cannot be read
}

// Holdings returns what the destinations of r hold.
func Holdings(ctx context.Context, r *run.Run) (held []Holding, err error) {
	for _, to := range r.Op.Options.To {
		d, err := r.Target(to)
		if err != nil {
			return nil, err
		}
		key, secret, err := d.Current(ctx)
		held = append(held, Holding{To: to, Key: key, Secret: secret, Hidden: err != nil || d.Proof() != deliver.ByValue})
	}
	return held, nil
}

// Check refuses to replace the credential of r if another run has replaced it, or may have
// done so, and the journal has no record of it. A destination that holds the key or the
// secret of another credential proves it, and so does a replacement that has its temporary
// name. A later credential with the same name and permissions may be a replacement: where
// no destination can hold its secret, it is only mentioned in said.
func Check(ctx context.Context, r *run.Run, account *listing.Account, held []Holding) (said []string, err error) {
	index, err := r.Journal.Index()
	if err != nil {
		return nil, err
	}
	known, err := index.Knows(r.Op.Subject.Ref())
	others := slices.ContainsFunc(held, func(h Holding) bool { return h.Key != "" && h.Key != r.Old.Key })
	if err != nil || known && !others {
		return nil, err
	}
	x := search{ctx, r, index, nil}
	if x.all, err = account.All(ctx, listing.Lately()); err != nil {
		return nil, err
	}
	if h, by := x.inUse(held); by != "" {
		return nil, x.refusal(by, fmt.Errorf("%s holds the key of %s, not of %s", h.To, by, r.Op.Subject.ID))
	}
	if known {
		return nil, nil
	}
	if err := x.unfinished(); err != nil {
		return nil, err
	}
	return x.namesakes(held)
}

// WithHint returns err, that the credential does not exist or does not work any more, with
// the ID of the one that seems to have replaced it.
func WithHint(ctx context.Context, r *run.Run, account *listing.Account, err error) error {
	if !errors.Is(err, provider.ErrNotFound) && r.Op.Old.Live() {
		return err
	}
	index, ierr := r.Journal.Index()
	all, lerr := account.All(ctx, listing.Lately())
	held, herr := Holdings(ctx, r)
	if errors.Join(ierr, lerr, herr) != nil { // err is what matters
		return err
	}
	x := search{ctx, r, index, all}
	_, id := x.inUse(held)
	if later, lerr := x.later(); id == "" && lerr == nil && len(later) == 1 {
		id = later[0].ID
	}
	if id == "" {
		return err
	}
	return provider.Hint(err, "%s seems to have replaced it; to rotate the replacement: credctl %s rotate %[1]s", id, r.Op.Subject.Provider)
}

// A search is what is known when it begins.
type search struct {
	ctx context.Context //nolint:containedctx // of one call of this package
	*run.Run

	index journal.Index
	all   []provider.Credential
}
