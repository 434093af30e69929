package drift

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/deliver/host"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// A Left is a destination that has a secret of a credential from credctl, and does not get
// the next one.
type Left struct {
	oplog.Holding

	InForce bool            // it has, or may have, the secret in force; otherwise an earlier one
	Secret  provider.Secret // that it has, where it can be read
	Unread  error           // why it cannot be told what it has
}

// ErrCutOff is wrapped by the error of [CutOff].
var ErrCutOff = errors.New("which does not get the new secret")

// CutOff is the error that these destinations would be left with a secret of a credential
// that stops working; nil where none is. The hint ends with what is given.
func CutOff(id string, left []Left, otherwise string) error {
	var have, add, unread []string
	for _, l := range left {
		if !l.InForce {
			continue
		}
		have, add = append(have, l.To), append(add, "--to "+quote.Word(l.To))
		if l.Unread != nil {
			unread = append(unread, provider.Text(l.Unread))
		}
	}
	if have == nil {
		return nil
	}
	err := fmt.Errorf("the secret of %s was delivered to %s, %w", id, strings.Join(have, " and "), ErrCutOff)
	if unread != nil {
		err = fmt.Errorf("%w (cannot tell whether the old secret is still there: %s)", err, strings.Join(unread, "; "))
	}
	return provider.Hint(provider.WithClass(provider.ErrRefused, err), "to deliver it there, too: add %s; if no program reads it there: delete it there%s", strings.Join(add, " "), otherwise)
}

// Stale takes the files of --secret-file from left, and says of each that nothing updates it.
func Stale(left []Left) (others []Left, said []string) {
	for _, l := range left {
		if l.Copy {
			said = append(said, l.To+" keeps the old secret: --secret-file wrote it, and no rotation updates it")
		} else {
			others = append(others, l)
		}
	}
	return others, said
}

// LeftOut returns the destinations that have, or may have, a secret of r from credctl, and
// that are not among to. One that holds something else by now is none of them. Files of
// --secret-file are among them where they have the secret in force.
func (c Checker) LeftOut(ctx context.Context, r journal.Ref, to []string) (left []Left, err error) {
	op, err := c.Delivered(r)
	if err != nil || op == nil {
		return nil, err
	}
	s, err := oplog.Fold(op)
	if err != nil {
		return nil, err
	}
	var places []deliver.Place
	for _, one := range to {
		if d, err := c.Destination(one, s.Subject, s.Options.InsecurePerms); err == nil {
			places = append(places, deliver.PlaceOf(d))
		}
	}
	among := func(h oplog.Holding) bool { // however it is spelled
		d, err := c.Destination(h.To, s.Subject, s.Options.InsecurePerms)
		return slices.Contains(to, h.To) || err == nil && slices.ContainsFunc(places, deliver.PlaceOf(d).Clashes)
	}
	for _, h := range slices.DeleteFunc(oplog.Holdings(s), among) {
		one := Left{Holding: h, InForce: true}
		var at deliver.Destination
		var other *bool
		if at, one.Unread = c.open(h.To, op, s); one.Unread == nil {
			other, one.Unread = place{at, h.To, op, s, c.Journal}.drift(ctx)
		}
		if h.Copy && (one.Unread != nil || other == nil) {
			continue
		}
		if one.Unread != nil || other == nil || !*other {
			if one.Unread == nil {
				_, one.Secret, _ = at.Current(ctx) // it is not needed
			}
			left = append(left, one)
		}
	}
	for _, h := range slices.DeleteFunc(slices.Clone(s.Left), among) {
		if old, err := c.holdsOld(ctx, op, s, h); err == nil && old == nil || err == nil && !*old {
			continue
		}
		left = append(left, Left{Holding: h})
	}
	return left, nil
}

// holdsOld reports whether a destination that op has left out still has a secret that op has
// replaced, or one before it; nil is that it cannot be told.
func (c Checker) holdsOld(ctx context.Context, op *journal.Operation, s *oplog.OpState, h oplog.Holding) (*bool, error) {
	at, err := c.Destination(h.To, s.Subject, s.Options.InsecurePerms)
	if err != nil {
		return nil, err
	}
	Bind(at, h.Stamp, nil)
	key, secret, err := at.Current(ctx)
	switch stamper, stamps := at.(deliver.Stamper); {
	case errors.Is(err, deliver.ErrNoReadBack) || err == nil && at.Proof() == deliver.ByStamp:
		if !stamps || !host.Stamped(h.Stamp) {
			return nil, nil // it cannot be told
		}
		now, err := stamper.Stamp(ctx)
		return new(now == h.Stamp), err
	case Unread(err):
		return nil, err
	case err != nil:
		return new(false), nil //nolint:nilerr // it is gone, or something else is there
	case entry.KeyOnly(at):
		return new(key != "" && key == s.Old.Key), nil
	}
	owner, known, err := c.Journal.Owner(secret)
	if err != nil || !known {
		return new(false), err
	}
	if latest, err := c.Delivers(op, secret); latest || err != nil {
		return new(false), err
	}
	first, err := c.Index.Root(owner)
	if err != nil {
		return nil, err
	}
	mine, err := c.Index.Root(op.Ref().With(s.New.ID))
	return new(first == mine), err
}
