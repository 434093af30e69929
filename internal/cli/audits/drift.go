package audits

import (
	"context"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// driftOf returns what tells which destinations of a secret hold something else now. One
// that cannot be read is mentioned.
func driftOf(ctx context.Context, run *invocation.Invocation, index journal.Index) (func(journal.Ref) []string, error) {
	engine, err := run.Session.Engine()
	if err != nil {
		return nil, err
	}
	c := drift.Checker{Journal: engine.Journal, Index: index, Destination: engine.Destination}
	return func(r journal.Ref) (lost []string) {
		op, err := c.Delivered(r)
		if err == nil && op != nil {
			var status oplog.Status
			status, err = c.Check(ctx, op)
			lost = oplog.Drifted(status)
		}
		if err != nil {
			run.Streams.Remark("%s: %v", r.ID, err)
		}
		return lost
	}, nil
}
