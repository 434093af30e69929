package verbs

import (
	"context"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/cli/call"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/issuing"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
)

// Create is `credctl VENDOR create`.
func Create(c *call.Call) *cobra.Command {
	o, noun := &issuing.Options{}, setting.KindNoun(c.Kind.Name)
	var asked *pflag.Flag
	cmd := c.Command(call.Spec{
		Short: "Create a new %s", Args: syntax.Exact(), Requests: true, ShowsSecret: true,
		Flags: func(cmd *cobra.Command) {
			addIssuing(cmd, c, o)
			if c.In.Value(provider.Name.Info().Name) != nil {
				cmd.Flags().BoolVar(&o.IfNotExists, "if-not-exists", false, "print the existing "+noun+" with that name instead")
			}
			if !c.Kind.Auxiliary {
				cmd.Flags().BoolVar(&o.Wait, "wait", false, "wait until the "+noun+" works (default on a terminal)")
				asked = cmd.Flags().Lookup("wait")
			}
		},
		Do: func(ctx context.Context, svc provider.Service, _ []string) error {
			o.Wait = o.Wait || asked != nil && !asked.Changed && c.Run.Streams.Interactive()
			o.WaitFirst = o.Wait && !c.Run.Streams.OutTTY
			return issuer(c, o).Create(ctx, svc, c.In)
		},
	})
	if c.Kind.Auxiliary {
		nameAsArgument(cmd, c)
	}
	return cmd
}

// nameAsArgument makes the name of what is created the argument of cmd.
func nameAsArgument(cmd *cobra.Command, c *call.Call) {
	const name = "NAME"
	flag, run := provider.Name.Info().Name, cmd.RunE
	cmd.Use += " " + name
	cmd.Args = syntax.Exact(name)
	_ = cmd.Flags().MarkHidden(flag) // it fails only for a flag that is not there
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := c.In.Value(flag).Set(args[0]); err != nil {
			return provider.WithClass(provider.ErrUsage, err)
		}
		return run(cmd, nil)
	}
}

// Generate is `credctl VENDOR generate`.
func Generate(c *call.Call) *cobra.Command {
	o := &issuing.Options{}
	return c.Command(call.Spec{
		Operands: " [ID]", Short: "Generate a new %s secret", Args: syntax.AtMostOne("ID"), Requests: true, ShowsSecret: true,
		Flags: func(cmd *cobra.Command) { addIssuing(cmd, c, o) },
		Check: func(ids []string) error {
			if len(ids) > 1 {
				return provider.Usage("generate takes one ID, and %d were given", len(ids))
			}
			return nil
		},
		Do: func(ctx context.Context, svc provider.Service, ids []string) error {
			if len(ids) == 0 {
				return provider.Usage("generate takes one ID, and there is none on standard input")
			}
			return generate(ctx, c, o, svc, ids[0])
		},
	})
}

// generate makes new secret material. What it would break is asked about first.
func generate(ctx context.Context, c *call.Call, o *issuing.Options, svc provider.Service, id string) error {
	if err := issuer(c, o).Check(ctx); err != nil {
		return err
	}
	old, impact, err := explain(ctx, c, svc, id)
	if err == nil && impact != "" && c.Run.DryRun == nil {
		err = c.Run.Streams.Confirm(ctx, c.Question("Generate a new secret for "+call.Described(c, id, old.Name), call.Sentence(impact)))
	}
	if err != nil {
		return call.Absent(c, id, err)
	}
	o.Wait = c.Run.Streams.Interactive()
	o.WaitFirst = o.Wait && !c.Run.Streams.OutTTY
	return issuer(c, o).Generate(ctx, svc, id, c.In)
}

// addIssuing adds the flags of a verb that makes secrets.
func addIssuing(cmd *cobra.Command, c *call.Call, o *issuing.Options) {
	if !slices.Contains(c.Kind.Issues, c.Verb) {
		return
	}
	call.AddDelivery(cmd, c.Run.Schemes(), &o.To, &o.InsecurePerms)
	cmd.Flags().BoolVar(&o.RequireSecret, "require-secret", false, "fail if the vendor returns no secret (exit status 8)")
}

func issuer(c *call.Call, o *issuing.Options) issuing.Issuer {
	return issuing.Issuer{
		Options: *o, Provider: c.Provider, Kind: c.Kind, Account: c.Account(), Secret: c.Issues(), DryRun: c.Run.DryRun != nil,
		Config: c.Run.Config, Session: c.Run.Session, Results: c.Run.Results, Streams: c.Run.Streams,
	}
}
