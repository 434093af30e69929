// Package rotations has the commands that rotate credentials, and look after
// rotations that have not ended.
package rotations

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/call"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
)

// rotateOptions are the flags of a rotation.
type rotateOptions struct {
	rotation.Options

	notSelf     []string
	hook        string
	hookStdin   bool
	lockTimeout time.Duration
	dryRun      bool
	graceSet    func() bool // whether --grace is given
}

func (o *rotateOptions) add(cmd *cobra.Command) {
	f := cmd.Flags()
	o.graceSet = func() bool { return f.Changed("grace") }
	f.BoolVar(&o.InPlace, "in-place", false, "use the route that stops the old secret at once")
	f.BoolVar(&o.Overlap, "overlap", false, "make a successor even where the vendor has a route of its own, so that the old one lives on")
	f.StringVar(&o.hook, "hook", "", "run this shell `command` when the new secret is delivered")
	f.BoolVar(&o.hookStdin, "hook-stdin", false, "give the hook the new credential as JSON on its standard input")
	f.StringVar(&o.Verify, "verify", "auto", "how to find out whether the new secret works: auto, none or exec:`CMD`")
	f.DurationVar(&o.VerifyTimeout, "verify-timeout", 5*time.Minute, "how long the new secret may take to work")
	f.Var(syntax.Days{D: &o.Grace}, "grace", "how long to keep the old credential (default 0, or 24h without --to and --secret-file)")
	f.DurationVar(&o.lockTimeout, "lock-timeout", 0, "how long to wait for another run that works on the same credential")
	f.BoolVar(&o.AcceptDrift, "accept-drift", false, "go on when the new one has other rights than the old one")
	f.BoolVar(&o.Self, "self", false, "rotate also the credential that credctl authenticates with")
	f.StringArrayVar(&o.notSelf, "not-self", nil, "`ID` that credctl does not authenticate with; may be repeated")
	f.BoolVar(&o.dryRun, "dry-run", false, "show the steps and check what can be checked; change nothing")
}

// Rotate is `credctl VENDOR rotate`.
func Rotate(c *call.Call) *cobra.Command {
	o := &rotateOptions{}
	return c.Command(call.Spec{
		Operands: " [ID... | -]", Short: "Rotate one or more %ss", ShowsSecret: true,
		Parallel: 1, ParallelNote: " and hooks", // which may not expect others beside them
		Flags: func(cmd *cobra.Command) {
			o.add(cmd)
			if slices.Contains(c.Kind.Issues, provider.Rotate) {
				call.AddDelivery(cmd, c.Run.Schemes(), &o.To, &o.InsecurePerms)
			}
			syntax.WithColumns(cmd, resultColumns())
		},
		Check: func([]string) error {
			if o.dryRun {
				c.Run.StartDryRun()
			}
			o.NoGrace = o.graceSet() && o.Grace == 0
			return call.CheckIDs(c.Kind, o.notSelf)
		},
		Do: func(ctx context.Context, svc provider.Service, ids []string) error {
			engine, err := engineOf(c)
			if err != nil {
				return err
			}
			r := &rotator{call: c, options: *o, engine: engine, svc: svc, plans: map[string]*rotation.Plan{}}
			return r.rotate(ctx, ids)
		},
	})
}

// engineOf returns the engine, which knows what c is signed with.
func engineOf(c *call.Call) (*rotation.Engine, error) {
	engine, err := c.Run.Session.Engine()
	if err != nil {
		return nil, err
	}
	engine.Token = func(context.Context, rotation.Subject) (provider.Secret, error) {
		return config.TokenLike(c.Provider, c.Kind.Shape, c.Settings), nil
	}
	open := engine.Open
	engine.Open = func(ctx context.Context, s rotation.Subject, token provider.Secret) (provider.Service, provider.Input, error) {
		if token.IsZero() && c.Run.Config.Flags.Secrets[provider.Token.Info().Name] != "" {
			token = provider.Token.Get(c.Settings)
		}
		return open(ctx, s, token)
	}
	return engine, nil
}
