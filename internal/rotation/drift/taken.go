package drift

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// A holder is a credential in force whose secret a destination has.
type holder struct {
	oplog.Subject

	state *oplog.OpState // of what delivered it
}

// heldFor returns the credential in force, not r or one before or after it, whose secret this
// is; nil where there is none. What credctl has deleted is none.
func (c Checker) heldFor(secret provider.Secret, r journal.Ref) (*holder, error) {
	other, known, err := c.Journal.Owner(secret)
	if err != nil || !known {
		return nil, err
	}
	first, err := c.Index.Root(other)
	if err != nil {
		return nil, err
	}
	if mine, err := c.Index.Root(r); err != nil || mine == first {
		return nil, err
	}
	op, err := oplog.InForce(c.Journal, c.Index, other)
	if err != nil || op == nil {
		return nil, err
	}
	if known, err = c.Delivers(op, secret); err != nil || !known {
		return nil, err
	}
	s, err := oplog.Fold(op)
	if err != nil {
		return nil, err
	}
	if all, err := deletions(c.Journal); err != nil || all[other].seen {
		return nil, err
	}
	of := &holder{s.Subject, s}
	of.ID = other.ID
	return of, nil
}

// release is the command after which a destination no longer has the secret in force of h: it
// delivers another to its other destinations, and this one works until it has the secret that
// is to come there.
func release(c Checker, h *holder, to string, r oplog.Subject, service provider.Service) string {
	line := fmt.Sprintf("credctl %s rotate %s --force --grace 1h", h.Provider, h.ID)
	overlap := h.state.Strategy.InPlace() || h.state.Options.Overlap
	if h.Provider == r.Provider && h.Kind == r.Kind { // else only its last rotation tells
		_, rotates := service.(provider.Rotator)
		_, replaces := service.(provider.Replacer)
		overlap = rotates && replaces
	}
	if overlap {
		line += " --overlap"
	}
	here, err := c.Destination(to, h.Subject, false)
	var others []string
	for _, other := range oplog.Holdings(h.state) {
		d, oerr := c.Destination(other.To, h.Subject, h.state.Options.InsecurePerms)
		if other.To != to && !slices.Contains(h.state.Copies, other.To) && (err != nil || oerr != nil || !deliver.PlaceOf(d).Clashes(deliver.PlaceOf(here))) {
			others = append(others, quote.Word(other.To))
		}
	}
	if others == nil {
		others = []string{"DESTINATION"}
	}
	return line + " --to " + strings.Join(others, " --to ")
}

// Taken refuses to write the secret of r to a destination that holds this secret, if that is
// of another credential in force: programs that read it there would get that of r. One of
// the account that service opens, and that does not exist any more, is none.
func (c Checker) Taken(ctx context.Context, to string, secret provider.Secret, r oplog.Subject, service provider.Service) error {
	other, err := c.heldFor(secret, r.Ref())
	if err != nil || other == nil {
		return err
	}
	account := other.Subject
	account.ID = r.ID
	if other.Provider == r.Provider && other.Kind == r.Kind && account.Reaches(r) && gone(ctx, service, other.ID) {
		return nil
	}
	return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("%s holds the secret of %s, which is in use", to, other.ID)),
		"pass another destination with --to; to move the destination to this credential: `%s`, then run the same command again; if no program reads it: delete it there", release(c, other, to, r, service))
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
func (c Checker) AllTaken(ctx context.Context, to []string, open func(to string) (deliver.Destination, error), r oplog.Subject, service provider.Service) error {
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
	other, err := c.heldFor(secret, s.Subject.Ref().With(s.New.ID))
	if other != nil {
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
