package drift

import (
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// heldFor returns the credential in force, not r or one before or after it, whose secret this
// is.
func (c Checker) heldFor(secret provider.Secret, r journal.Ref) (other journal.Ref, known bool, err error) {
	other, known, err = c.Journal.Owner(secret)
	if err != nil || !known {
		return other, false, err
	}
	first, err := c.Index.Root(other)
	if err != nil {
		return other, false, err
	}
	if mine, err := c.Index.Root(r); err != nil || mine == first {
		return other, false, err
	}
	op, err := oplog.InForce(c.Journal, c.Index, other)
	if err != nil || op == nil {
		return other, false, err
	}
	known, err = c.Delivers(op, secret)
	return other, known, err
}

// Taken refuses to write the secret of r to a destination that holds this secret, if that is
// of another credential in force: programs that read it there would get that of r. One of
// the kind that service opens, and that does not exist any more, is none.
func (c Checker) Taken(ctx context.Context, to string, secret provider.Secret, r journal.Ref, service provider.Service) error {
	other, known, err := c.heldFor(secret, r)
	if err != nil || !known || other.Provider == r.Provider && other.Kind == r.Kind && gone(ctx, service, other.ID) {
		return err
	}
	return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s holds the secret of %s, which is in use", to, other.ID)),
		"pass another destination with --to; to replace the secret that it holds: credctl %s rotate %s --to %s; if no program reads it: delete it there", other.Provider, other.ID, quote.Word(to))
}

// gone reports whether a credential is known not to exist any more.
func gone(ctx context.Context, service provider.Service, id string) bool {
	g, ok := service.(provider.Getter)
	if !ok {
		return false
	}
	c, err := g.Get(ctx, id)
	return errors.Is(err, provider.ErrNotFound) || err == nil && c.Revoked
}

// AllTaken is [Checker.Taken] of several destinations.
func (c Checker) AllTaken(ctx context.Context, to []string, open func(to string) (deliver.Destination, error), r journal.Ref, service provider.Service) error {
	var problems []error
	for _, to := range to {
		d, err := open(to)
		if err != nil {
			return err
		}
		if _, secret, err := d.Current(ctx); err == nil {
			problems = append(problems, c.Taken(ctx, to, secret, r, service))
		}
	}
	return errors.Join(problems...)
}

// takenFor says of a destination that credctl has given it to another credential since,
// where that is so: then it is as it should be.
func (c Checker) takenFor(ctx context.Context, at deliver.Destination, s *oplog.OpState, found *oplog.DeliveryState) error {
	_, secret, err := at.Current(ctx)
	if err != nil || secret.IsZero() { // what it holds is not known to be of another
		return nil //nolint:nilerr // that it holds something else is known
	}
	other, known, err := c.heldFor(secret, s.Subject.Ref().With(s.New.ID))
	if known {
		found.Drift, found.HeldFor = nil, other.ID
	}
	return err
}

// takenOver returns the destinations that hold, or may, what a later operation has
// issued, which has not ended.
func takenOver(index journal.Index, s *oplog.OpState) (taken []string, err error) {
	for _, o := range index.UnfinishedOf(s.Subject.Ref().With(s.New.ID)) {
		later, err := oplog.Fold(o)
		if err != nil {
			return nil, err
		}
		if o.ID != s.ID && later.Issued {
			taken = append(taken, later.Written()...)
		}
	}
	return taken, nil
}
