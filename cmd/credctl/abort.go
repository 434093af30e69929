package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/rotation"
)

func (a *app) rotationAbortCmd() *cobra.Command {
	var o rotation.AbortOptions
	var dry bool
	cmd := &cobra.Command{
		Use: "abort ID", Short: "Give a rotation up: the new credential is revoked, the old one lives on", Args: exact("ID"),
		ValidArgsFunction: a.completeRotations,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.failed = failure{verb: "abort", id: args[0]}
			if err := a.notIssued("abort"); err != nil {
				return err
			}
			if dry {
				a.startDryRun()
			}
			engine, err := a.session.Engine()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), a.streams.Timeout)
			defer cancel()
			if dry {
				plan, err := engine.PlanAbort(ctx, args[0], o.Force)
				return a.showPlan(plan, err)
			}
			return a.abort(ctx, engine, args[0], o)
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "show the steps and check what can be checked; change nothing")
	cmd.Flags().BoolVar(&o.Force, "force", false, "give up also what was delivered to where the old secret cannot be put back")
	cmd.Flags().DurationVar(&o.LockTimeout, "lock-timeout", 0, "how long to wait for another run that works on the same credential")
	return withColumns(cmd, rotationColumns())
}

// abort gives a rotation up, if the user agrees.
func (a *app) abort(ctx context.Context, engine *rotation.Engine, id string, o rotation.AbortOptions) error {
	story, err := engine.Show(id)
	if err != nil {
		return err
	}
	if err := a.streams.Confirm(ctx, fmt.Sprintf("Give up the rotation of %s? The new credential %s is revoked, and destinations get the old one back.", story.OldID, story.NewID)); err != nil {
		return err
	}
	result, err := engine.Abort(ctx, id, o)
	if err != nil {
		return err
	}
	r := &rotator{call: &call{app: a}}
	return errors.Join(r.add(result), r.print(true))
}
