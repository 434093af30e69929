package drift

import (
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/deliver/host"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// StampOf returns the stamp of d, which was written just now, if that is the only proof
// of the delivery, or else the account that d is in, where the destination does not name
// that; "" where it is not known.
func StampOf(ctx context.Context, d deliver.Destination) string {
	s, ok := d.(deliver.Stamper)
	if !ok || d.Proof() != deliver.ByStamp {
		return within(d)
	}
	stamp, err := s.Stamp(ctx)
	if err != nil { // whether it changes later cannot be told
		return ""
	}
	return stamp
}

// within returns the account that d was found in, where the destination does not name that.
func within(d deliver.Destination) string {
	if s, ok := d.(*host.Server); ok && d.Proof() == deliver.ByStamp {
		return s.Pending()
	}
	_, stamps := d.(deliver.Stamper)
	if l, ok := d.(entry.Located); ok && (d.Proof() == deliver.ByValue || !stamps) && l.Within() != entry.Nowhere {
		return l.Within()
	}
	return ""
}

// Places returns the accounts, or the like, in which these destinations were found.
func Places(to []string, open func(to string) (deliver.Destination, error)) (places map[string]string) {
	for _, to := range to {
		d, err := open(to)
		if err != nil || within(d) == "" {
			continue
		}
		if places == nil {
			places = map[string]string{}
		}
		places[to] = within(d)
	}
	return places
}

// Bind keeps d to the account, or the like, in which it was found. Same reports whether what d
// holds proves that it is the same place on another host.
func Bind(d deliver.Destination, within string, same func(context.Context, deliver.Destination) bool) {
	if b, ok := d.(entry.Binder); ok {
		b.Bind(within)
	}
	if l, ok := d.(interface {
		ProvedBy(same func(context.Context, deliver.Destination) bool)
	}); ok {
		l.ProvedBy(same)
	}
}

// Shows returns what reports whether a destination holds a new secret, or a part of it, which
// nothing holds but what it was delivered to.
func Shows(secret, former func() provider.Credential) func(context.Context, deliver.Destination) bool {
	return func(ctx context.Context, d deliver.Destination) bool {
		c, old := secret(), former()
		return !c.Secret.IsZero() && (d.ReadBack(ctx, c) == nil || !old.Secret.IsZero() && Mixed(d, c, old) && !Mixed(d, old, old))
	}
}

// Again is the hint that resumes the operation id after err, of one of its destinations. It
// begins with again, unless the destination is elsewhere.
func Again(err error, again, id string) string {
	switch {
	case errors.Is(err, host.ErrOther):
		return fmt.Sprintf("%s: credctl rotation resume %s; if that host does not exist any more: credctl rotation abort %[2]s --force", provider.HintOf(err), id)
	case errors.Is(err, ErrElsewhere):
		again = provider.HintOf(err) + ", then"
	case provider.HintOf(err) != "": // what the destination advises comes first
		again = provider.HintOf(err) + "; " + again
	}
	return again + ": credctl rotation resume " + id
}

// Overtaken returns lost, that the lock of an operation was lost when that was to be recorded
// of a destination, with what it means: another run may have written to it before. Err is that
// of writing: without the lock, nothing was written.
func Overtaken(lost, err error, to, id string) error {
	if to == oplog.Shown || errors.Is(err, provider.ErrLocked) {
		return lost
	}
	return provider.AlsoHint(provider.Reclassify(provider.ErrLocked, fmt.Errorf("%w; this run has written to %s meanwhile, which may now hold a secret that does not work any more", lost, to)),
		"check what it holds: credctl rotation check %s", id)
}

// Holds returns an error if d does not hold c any more, could not be read, which [Unread]
// tells, or cannot be, which is [ErrUntold]. Stamp is that of the delivery; "" is that it is
// not known.
func Holds(ctx context.Context, d deliver.Destination, c provider.Credential, stamp string) error {
	err := d.ReadBack(ctx, c)
	if !errors.Is(err, deliver.ErrNoReadBack) {
		return err
	}
	s, ok := d.(deliver.Stamper)
	switch {
	case !ok:
		return nil // it was never to be read
	case !host.Stamped(stamp):
		return ErrUntold
	}
	now, err := s.Stamp(ctx)
	if err == nil && now != stamp {
		err = fmt.Errorf("%s: %w", d, errSetAgain)
	}
	return err
}

// ErrUntold is that nothing tells whether a destination still holds what was delivered: it
// does not say when it was last changed, or did not after the delivery.
var ErrUntold = errors.New("credctl cannot tell whether another program changed it after delivery")

// ErrElsewhere and ErrOtherMachine are those of entries, for those that do not know of these.
var (
	ErrElsewhere    = entry.ErrElsewhere
	ErrOtherMachine = host.ErrOtherMachine
)

var errSetAgain = provider.WithClass(provider.ErrVerify, errors.New("another program changed it after delivery"))
