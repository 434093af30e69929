package drift

import (
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
)

// StampOf returns the stamp of d, which was written just now, if that is the only proof
// of the delivery, or else the account that d is in, where the destination does not name
// that; "" where it is not known.
func StampOf(ctx context.Context, d deliver.Destination) string {
	if l, ok := d.(entry.Located); ok && d.Proof() == deliver.ByValue {
		return l.Within()
	}
	s, ok := d.(deliver.Stamper)
	if !ok || d.Proof() != deliver.ByStamp {
		return ""
	}
	stamp, err := s.Stamp(ctx)
	if err != nil { // whether it changes later cannot be told
		return ""
	}
	return stamp
}

// Elsewhere is [ErrElsewhere] if d is in another account than when it was written, by the
// stamp of that, or not found. It is another error where that cannot be told. It reads d, as
// if to compare it with c, unless that was done.
func Elsewhere(ctx context.Context, d deliver.Destination, c provider.Credential, stamp string) error {
	l, ok := d.(entry.Located)
	if !ok || stamp == "" || d.Proof() != deliver.ByValue {
		return nil
	}
	if l.Within() == "" {
		if err := d.ReadBack(ctx, c); Unread(err) {
			return err
		}
	}
	now := "is in " + l.Within()
	switch l.Within() {
	case stamp:
		return nil
	case "":
		return provider.WithClass(provider.ErrUnavailable, fmt.Errorf("%s does not tell whether it is in %s", d, stamp))
	case entry.Nowhere:
		now = "is not found"
	}
	return provider.Hint(fmt.Errorf("%s: it %s now, but %w in %s", d, now, ErrElsewhere, stamp), "use the credentials for %s", stamp)
}

// Again is how an operation continues after err, of reading one of its destinations.
func Again(err error, id, to string) string {
	again := "credctl rotation resume " + id
	if !errors.Is(err, ErrElsewhere) {
		return "to try again: " + again
	}
	return fmt.Sprintf("%s, then: %s; if the secret was deleted there, deliver it again: %[2]s --to '%s'", provider.HintOf(err), again, to)
}

// Holds returns an error if d does not hold c any more, could not be read, which [Unread]
// tells, or cannot be, which is [ErrUntold]. Stamp is that of the delivery; "" is that it is
// not known.
func Holds(ctx context.Context, d deliver.Destination, c provider.Credential, stamp string) error {
	err := d.ReadBack(ctx, c)
	if !Unread(err) {
		if elsewhere := Elsewhere(ctx, d, c, stamp); elsewhere != nil {
			return elsewhere
		}
	}
	if !errors.Is(err, deliver.ErrNoReadBack) {
		return err
	}
	s, ok := d.(deliver.Stamper)
	switch {
	case !ok:
		return nil // it was never to be read
	case stamp == "":
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
var ErrUntold = errors.New("it cannot be told whether another program changed it after delivery")

// ErrElsewhere is that a destination is not reached as who delivered to it.
var ErrElsewhere = provider.WithClass(provider.ErrDenied, errors.New("the secret was delivered"))

var errSetAgain = provider.WithClass(provider.ErrVerify, errors.New("another program changed it after delivery"))
