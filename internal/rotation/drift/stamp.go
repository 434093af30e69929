package drift

import (
	"context"

	"github.com/credctl/credctl/internal/deliver"
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
