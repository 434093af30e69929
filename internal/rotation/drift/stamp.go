package drift

import (
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
)

// StampOf returns the stamp of d, which was written just now, if that is the only proof
// of the delivery; "" where it is not known.
func StampOf(ctx context.Context, d deliver.Destination) string {
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

// Holds returns an error if d does not hold c any more, could not be read, which [Unread]
// tells, or cannot be, which is [ErrUntold]. Of a destination that does not return what it
// holds, stamp is that of the delivery; "" is that it is not known.
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

var errSetAgain = provider.WithClass(provider.ErrVerify, errors.New("another program changed it after delivery"))
