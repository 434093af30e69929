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

// Holds returns an error if d does not hold c any more, or could not be read, which [Unread]
// tells. Of a destination that does not return what it holds, stamp is that of the delivery;
// "" is that nothing can be told.
func Holds(ctx context.Context, d deliver.Destination, c provider.Credential, stamp string) error {
	err := d.ReadBack(ctx, c)
	if !errors.Is(err, deliver.ErrNoReadBack) {
		return err
	}
	s, ok := d.(deliver.Stamper)
	if !ok || stamp == "" {
		return nil
	}
	now, err := s.Stamp(ctx)
	if err == nil && now != stamp {
		err = fmt.Errorf("%s: %w", d, errSetAgain)
	}
	return err
}

var errSetAgain = errors.New("another program changed it after delivery")
