package reopen

import (
	"context"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// UnprovedGrace is how long the old credential is kept where nothing proves that the new
// credential is in use.
const UnprovedGrace = 24 * time.Hour

// Unproved reports whether, with these options, the new secret would be neither verified
// nor read back from each destination. Some destinations are known to return no secret
// only once they were read.
func Unproved(r *run.Run, o oplog.Options) bool {
	return o.Verify == "none" && slices.ContainsFunc(o.To, func(to string) bool {
		d, err := r.Target(to)
		return err == nil && d.Proof() == deliver.ByStamp // whoever writes to it gets the error
	})
}

// keepOld keeps the old credential for as long where c gives the verification up.
func keepOld(ctx context.Context, r *run.Run, c *correction) {
	for _, to := range c.Options.To {
		if d, err := r.Target(to); err == nil {
			_, _, _ = d.Current(ctx) // an error is that of whoever writes to it
		}
	}
	if Unproved(r, c.Options) {
		c.Options.Grace = max(c.Options.Grace, UnprovedGrace)
	}
}
