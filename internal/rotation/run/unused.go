package run

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/ours"
)

// search is for what the requests of this operation have created.
func search(r *Run) (ours.Search, error) {
	index, err := r.Journal.Index()
	return ours.Search{Service: r.Service, Op: r.Op, Index: index, Now: r.Time()}, err
}

// unused makes sure that what a lost request in place has created is still used by
// nobody: else somebody else has its secret, and it is not ours.
func unused(ctx context.Context, r *Run, id string) error {
	all, err := ours.Peers(ctx, r.Service, provider.Credential{})
	if err != nil {
		return r.Again(provider.Reclassify(provider.ErrPartial, err))
	}
	x, err := search(r)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(c provider.Credential) bool { return c.ID == id })
	switch {
	case i < 0 || all[i].Revoked:
		return notOurs(r, fmt.Errorf("%s, which replaced %s, does not exist any more", id, r.Op.Subject.ID))
	case !all[i].LastUsed.IsZero():
		return notOurs(r, fmt.Errorf("%s, which replaced %s, is used by somebody else", id, r.Op.Subject.ID))
	}
	switch err = x.SeenUnused(ctx, all, all[i]); {
	case err == nil:
		return nil
	case errors.Is(err, provider.ErrUnavailable):
		return r.Again(err)
	}
	return notOurs(r, err)
}

// notOurs leaves a credential alone that somebody else may have created.
func notOurs(r *Run, why error) error {
	return provider.Hint(provider.Reclassify(provider.ErrUnknown, fmt.Errorf("did not continue the rotation: %w", why)),
		"to end this rotation without changing anything: credctl rotation abort %s --force; then rotate the credential that is in use", r.Op.ID)
}
