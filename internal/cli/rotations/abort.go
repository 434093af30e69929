package rotations

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/rotation"
)

func abort(run *invocation.Invocation) *cobra.Command {
	var o rotation.AbortOptions
	var dry bool
	cmd := &cobra.Command{
		Use: "abort ID", Short: "Give a rotation up: the new credential is revoked, the old one lives on", Args: syntax.Exact("ID"),
		ValidArgsFunction: completer(run),
		RunE: func(cmd *cobra.Command, args []string) error {
			about := exit.About{Verb: "abort", ID: args[0]}
			if err := run.Results.NotIssued("abort"); err != nil {
				return about.Wrap(err)
			}
			ctx, cancel := run.Limit(cmd)
			defer cancel()
			return about.Wrap(giveUp(ctx, run, args[0], o, dry))
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "show the steps and check what can be checked; change nothing")
	cmd.Flags().BoolVar(&o.Force, "force", false, "give up also what was delivered to where the old secret cannot be put back")
	cmd.Flags().DurationVar(&o.LockTimeout, "lock-timeout", 0, "how long to wait for another run that works on the same credential")
	return syntax.WithColumns(cmd, resultColumns())
}

// giveUp gives a rotation up, if the user agrees, or shows what that would be.
func giveUp(ctx context.Context, run *invocation.Invocation, id string, o rotation.AbortOptions, dry bool) error {
	if dry {
		run.StartDryRun()
	}
	engine, err := run.Session.Engine()
	if err != nil {
		return err
	}
	if dry {
		plan, err := engine.PlanAbort(ctx, id, o.Force)
		return showPlan(run, plan, err)
	}
	story, err := engine.Show(id)
	if err != nil {
		return err
	}
	if err := run.Streams.Confirm(ctx, fmt.Sprintf("Give up the rotation of %s? The new credential %s is revoked, and destinations get the old one back.", story.OldID, story.NewID)); err != nil {
		return err
	}
	result, err := engine.Abort(ctx, id, o)
	if err != nil {
		return err
	}
	r := newReport(run)
	return errors.Join(r.add(result), r.print(true))
}
