package rotation

import (
	"context"

	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/redelivery"
	"github.com/credctl/credctl/internal/rotation/step"
)

// Deliverer returns what delivers secrets of credentials that exist.
func Deliverer(e *Engine) redelivery.Deliverer {
	return redelivery.Deliverer{Env: e.Env, Resolve: e.resolve, Audit: e.audit}
}

// PlanDelivery returns what [redelivery.Deliverer.Deliver] would do. It is like
// [Engine.Plan] otherwise.
func PlanDelivery(ctx context.Context, e *Engine, q redelivery.Request) (Plan, error) {
	r, checks, err := Deliverer(e).Plan(ctx, q)
	if r == nil {
		return Plan{Provider: q.Provider, Kind: q.Kind, ID: q.ID, OldID: q.ID, Strategy: oplog.Deliver, Reason: oplog.ReasonRequested}, err
	}
	p := planOf(r)
	p.Steps, p.Checks, p.Name, p.Warnings = step.Describe(r, step.For(r.Op)), checks, r.Op.Name, step.SplitPairs(r)
	return p, err
}
