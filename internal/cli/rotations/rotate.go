// Package rotations has the commands that rotate credentials and manage unfinished
// rotations.
package rotations

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/call"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// rotateOptions are the flags of a rotation.
type rotateOptions struct {
	rotation.Options

	notSelf     []string
	hook        string
	hookStdin   bool
	lockTimeout time.Duration
	dryRun      bool
	force       bool
	given       func(flag string) bool // on the command line
}

func (o *rotateOptions) add(cmd *cobra.Command, kind provider.Kind) {
	f := cmd.Flags()
	o.given = f.Changed
	f.BoolVar(&o.InPlace, "in-place", false, "rotate in place; the old secret stops working immediately")
	f.BoolVar(&o.Overlap, "overlap", false, "create a second key; skip the vendor's own rotation")
	f.StringVar(&o.hook, "hook", "", "shell `command` to run after delivery")
	f.BoolVar(&o.hookStdin, "hook-stdin", false, "pass the new credential to the hook as JSON")
	f.StringVar(&o.Verify, "verify", "auto", "how to verify: auto, none or exec:`CMD`")
	f.DurationVar(&o.VerifyTimeout, "verify-timeout", 5*time.Minute, "longest wait until the new secret works")
	f.Var(syntax.Days{D: &o.Grace}, "grace", "how long both credentials work (default 0; 24h without --to)")
	f.DurationVar(&o.lockTimeout, "lock-timeout", 0, "longest wait for another run to finish")
	f.BoolVar(&o.AcceptDrift, "accept-drift", false, "continue if permissions differ")
	f.BoolVar(&o.Self, "self", false, "allow rotating the credential that credctl authenticates with")
	f.StringArrayVar(&o.notSelf, "not-self", nil, "`ID` that credctl does not authenticate with; repeatable")
	f.BoolVar(&o.force, "force", false, "skip the checks for earlier replacements and other destinations")
	f.BoolVar(&o.dryRun, "dry-run", false, "show the steps, change nothing")
	_, replaces := kind.Methods.(provider.Replacer)
	_, rotates := kind.Methods.(provider.Rotator)
	_, generates := kind.Methods.(provider.Generator)
	f.Lookup("overlap").Hidden = !replaces // whoever passes it is told why it is refused
	f.Lookup("in-place").Hidden = !rotates && !generates
}

// Rotate is `credctl VENDOR rotate`.
func Rotate(c *call.Call) *cobra.Command {
	o := &rotateOptions{}
	return c.Command(call.Spec{
		Operands: " [ID... | -]", Short: "Rotate one or more %ss", ShowsSecret: true,
		Parallel: 1, ParallelNote: " and hooks", // which may not expect others next to them
		Flags: func(cmd *cobra.Command) {
			o.add(cmd, c.Kind)
			call.AddDelivery(cmd, c.Run.Schemes(), &o.To, &o.InsecurePerms)
			syntax.WithColumns(cmd, resultColumns())
		},
		Check: func([]string) error {
			if o.dryRun {
				c.Run.StartDryRun()
			}
			o.NoGrace = o.given("grace") && o.Grace == 0
			return call.CheckIDs(c.Kind, o.notSelf)
		},
		Choose: func(_ context.Context, named []provider.Credential) (string, error) { return openAmong(c, named) },
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

// openAmong returns the ID that an unfinished rotation of one of these credentials began
// with: while both exist, both may have the name. It is "" unless there is just one.
func openAmong(c *call.Call, named []provider.Credential) (string, error) {
	engine, err := c.Run.Session.Engine()
	if err != nil {
		return "", err
	}
	open, err := engine.List(false)
	if err != nil {
		return "", err
	}
	var ids []string
	for _, n := range named {
		ids = append(ids, n.ID)
	}
	return oplog.Among(open, c.Provider.Name, c.Kind.Name, ids), nil
}

// engineOf returns the engine, which knows what c is signed with.
func engineOf(c *call.Call) (*rotation.Engine, error) {
	engine, err := c.Run.Session.Engine()
	if err != nil {
		return nil, err
	}
	engine.Reveal = c.Run.Results.ShowSecret
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
