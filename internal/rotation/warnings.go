package rotation

import (
	"context"
	"strings"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// warnings returns what else a person should know: what the adapter says would break,
// and which halves of a key pair are written one after the other.
func warnings(ctx context.Context, r *run.Run) []string {
	all, strategy := splitPairs(r), r.Op.Strategy
	if w, ok := r.Service.(provider.ImpactExplainer); ok && strategy.InPlace() {
		verb := map[Strategy]provider.Verb{oplog.Rotate: provider.Rotate, oplog.Generate: provider.Generate}[strategy]
		if said := w.ExplainImpact(verb, r.Old, r.Input); said != "" {
			all = append(all, said)
		}
	}
	if h, ok := r.Service.(provider.SecretHinter); ok && strategy == oplog.Replace {
		if _, makes := r.Service.(provider.Generator); !makes {
			all = append(all, "if the vendor's answer has no secret, the rotation waits until you supply it: "+h.SecretHint(r.Old))
		}
	}
	if u, ok := r.Service.(provider.UsageFinder); ok && strategy.InPlace() {
		if users, err := u.FindUsage(ctx, r.Old); err != nil {
			all = append(all, "could not find out what uses it: "+err.Error())
		} else if len(users) > 0 {
			all = append(all, "it is used by "+strings.Join(users, ", "))
		}
	}
	return all
}

// splitPairs warns of destinations that hold one half of the key pair each.
func splitPairs(r *run.Run) []string {
	var all []deliver.Destination
	for _, to := range r.Op.Options.To {
		if d, err := r.Target(to); err == nil {
			all = append(all, d)
		}
	}
	var names []string
	for _, d := range deliver.Halves(all) {
		names = append(names, d.String())
	}
	if names != nil {
		return []string{"the access key ID and the secret are written one after the other, to " + strings.Join(names, " and ") +
			": a program that reads in between gets a pair that does not match; as=json writes both at once"}
	}
	return nil
}
