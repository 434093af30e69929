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
	if l, ok := d.(entry.Located); ok && d.Proof() == deliver.ByValue && l.Within() != entry.Nowhere {
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

// Bind keeps d to the account, or the like, in which it was found.
func Bind(d deliver.Destination, within string) {
	if b, ok := d.(entry.Binder); ok {
		b.Bind(within)
	}
}

// Again is the hint that resumes the operation id after err, of one of its destinations. It
// begins with again, unless the destination is elsewhere.
func Again(err error, again, id string) string {
	if errors.Is(err, ErrElsewhere) {
		again = provider.HintOf(err) + ", then"
	}
	return again + ": credctl rotation resume " + id
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

// ErrElsewhere is [entry.ErrElsewhere], for those that do not know of entries.
var ErrElsewhere = entry.ErrElsewhere

var errSetAgain = provider.WithClass(provider.ErrVerify, errors.New("another program changed it after delivery"))
