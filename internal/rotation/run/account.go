package run

import (
	"context"
	"fmt"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// SameAccount makes sure, where a deletion did not find what it should delete, that
// this is the account where the rotation began: one of these credentials, or what
// came after them, must be there. At another account all are missing, and exist
// where they are.
func SameAccount(ctx context.Context, r *Run, service provider.Service, ids ...string) error {
	later, err := successors(r)
	if err != nil {
		return err
	}
	for _, id := range append(ids, later...) {
		if id == "" {
			continue
		}
		if _, err := Get(ctx, service, id); !Gone(err) {
			return err
		}
	}
	return provider.Hint(provider.Reclassify(provider.ErrUsage, fmt.Errorf("this is not where the rotation began, or all of its credentials are gone: the vendor knows neither %s nor %s with this token", r.Op.Subject.ID, r.Op.New.ID)),
		"give the token of that account; credctl rotation abort %s --force forgets the rotation", r.Op.ID)
}

// successors returns what has taken the place of the new credential, as far as it was
// rotated since: the last of the chain, and what is about to follow that.
func successors(r *Run) (ids []string, err error) {
	index, err := r.Journal.Index()
	if err != nil || r.Op.New.ID == "" {
		return nil, err
	}
	last := index.Current(r.Op.Subject.Ref().With(r.Op.New.ID))
	if last.ID != r.Op.New.ID {
		ids = append(ids, last.ID)
	}
	for _, o := range index.Of(last).Unfinished() {
		if o.Ref() == last && o.NewID() != "" && o.NewID() != last.ID {
			ids = append(ids, o.NewID())
		}
	}
	return ids, nil
}

// Newer returns the operation that rotates the new credential, or has, if there is one.
func Newer(r *Run) (*journal.Operation, error) {
	if r.Op.New.ID == "" || r.Op.New.ID == r.Op.Subject.ID {
		return nil, nil //nolint:nilnil // there is none
	}
	index, err := r.Journal.Index()
	if err != nil {
		return nil, err
	}
	for _, o := range index {
		if o.Ref() == r.Op.Subject.Ref().With(r.Op.New.ID) && len(o.Entries) > 0 && o.Last().Step != journal.Aborted {
			return o, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none
}
