package verbs

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/call"
	"github.com/credctl/credctl/internal/provider"
)

// Update is `credctl VENDOR update`.
func Update(c *call.Call) *cobra.Command {
	return c.Command(call.Spec{
		Operands: operands, Short: "Change some of the %s", Parallel: parallel, Requests: true,
		Do: func(ctx context.Context, svc provider.Service, ids []string) error { return update(ctx, c, svc, ids) },
	})
}

// update changes credentials. What the change may break is said.
func update(ctx context.Context, c *call.Call, svc provider.Service, ids []string) error {
	if !slices.ContainsFunc(c.Kind.Params[c.Verb], func(p provider.AnyParam) bool { return c.In.Value(p.Info().Name).IsSet() }) {
		return provider.Usage("nothing to change: name at least one of the flags that `%s --help` lists", c.Line(provider.Update))
	}
	return showAll(ctx, c, ids, "updated", func(ctx context.Context, id string) (cred provider.Credential, impact string, err error) {
		if _, impact, err = explain(ctx, c, svc, id); err == nil {
			cred, err = svc.(provider.Updater).Update(ctx, id, c.In)
		}
		return cred, impact, err
	})
}

// explain says what the verb may break for one credential, where the vendor's
// adapter knows that; old is then the credential as it is.
func explain(ctx context.Context, c *call.Call, svc provider.Service, id string) (old provider.Credential, impact string, err error) {
	w, ok := svc.(provider.ImpactExplainer)
	if !ok {
		return old, "", nil
	}
	if old, err = svc.(provider.Getter).Get(ctx, id); err != nil {
		return old, "", err
	}
	return old, w.ExplainImpact(c.Verb, old, c.In), nil
}
