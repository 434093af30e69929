package verbs

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/call"
	"github.com/credctl/credctl/internal/provider"
)

// Update is `credctl VENDOR update`.
func Update(c *call.Call) *cobra.Command {
	return c.Command(call.Spec{
		Operands: operands, Short: "Update one or more %ss", Parallel: parallel, Requests: true,
		Check: func([]string) error { return checkChanges(c) },
		Do:    func(ctx context.Context, svc provider.Service, ids []string) error { return update(ctx, c, svc, ids) },
	})
}

// checkChanges demands that something is to change.
func checkChanges(c *call.Call) error {
	params := c.Kind.Params[c.Verb]
	if slices.ContainsFunc(params, func(p provider.AnyParam) bool { return c.In.Value(p.Info().Name).IsSet() }) {
		return nil
	}
	flags := make([]string, len(params))
	for i, p := range params {
		flags[i] = "--" + p.Info().Name
	}
	err := provider.Usage("no change is requested")
	if len(flags) == 0 {
		return err
	}
	return provider.Hint(err, "pass one or more of %s", strings.Join(flags, ", "))
}

// update changes credentials. What the change may break is said.
func update(ctx context.Context, c *call.Call, svc provider.Service, ids []string) error {
	trail, err := c.Run.Trail()
	if err != nil {
		return err
	}
	return showAll(ctx, c, ids, "updated", func(ctx context.Context, id string) (cred provider.Credential, impact string, err error) {
		if _, impact, err = explain(ctx, c, svc, id); err != nil {
			return cred, impact, err
		}
		cred, err = svc.(provider.Updater).Update(ctx, id, c.In)
		if c.Run.DryRun == nil {
			err = trail.Add(call.EventOf(c, id, "updated"), err)
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
