// Package impact says what a rotation would stop, before anybody agrees to it.
package impact

import (
	"context"
	"strings"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// Warnings returns what else a person should know, such as what the adapter says would break.
func Warnings(ctx context.Context, r *run.Run) []string {
	var all []string
	strategy := r.Op.Strategy
	if w, ok := r.Service.(provider.ImpactExplainer); ok && strategy.InPlace() {
		verb := map[oplog.Strategy]provider.Verb{oplog.Rotate: provider.Rotate, oplog.Generate: provider.Generate}[strategy]
		if said := w.ExplainImpact(verb, r.Old, r.Input); said != "" {
			all = append(all, said)
		}
	}
	if _, shows := r.Service.(provider.SecretHinter); shows && strategy == oplog.Replace {
		if _, makes := r.Service.(provider.Generator); !makes {
			all = append(all, "if the vendor's answer has no secret, the rotation waits until you supply it")
		}
	}
	if u, ok := r.Service.(provider.UsageFinder); ok && strategy.InPlace() {
		if users, err := u.FindUsage(ctx, r.Old); err != nil {
			all = append(all, "could not find out what uses it: "+provider.Text(err))
		} else if len(users) > 0 {
			all = append(all, "it is used by "+strings.Join(users, ", "))
		}
	}
	return all
}

// Effect says what a rotation would stop, and when.
func Effect(s *oplog.OpState) string {
	switch {
	case s.Strategy.InPlace() && len(s.Options.To) == 0:
		return "the old secret stops working immediately"
	case s.Strategy.InPlace():
		return "the old secret stops working immediately, before the new secret is delivered"
	}
	when := "as soon as the new credential is verified and delivered"
	if s.Options.Grace > 0 {
		when = duration.Format(s.Options.Grace) + " after the new credential is verified and delivered"
	}
	return "credctl deletes the old credential " + when
}
