package run

import (
	"context"
	"errors"

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
	x, err := search(r)
	if err == nil {
		err = x.Unused(ctx, id)
	}
	if errors.Is(err, provider.ErrPartial) || errors.Is(err, provider.ErrUnavailable) {
		err = r.Again(err)
	}
	return err
}
