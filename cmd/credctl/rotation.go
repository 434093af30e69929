package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/visible"
)

// rotationCmd is `credctl rotation`.
func (a *app) rotationCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "rotation", Short: "Look at rotations that have not ended, go on with them, or give them up"}
	group(cmd)
	cmd.AddCommand(a.rotationListCmd(), a.rotationShowCmd(), a.rotationResumeCmd(), a.rotationAbortCmd())
	return cmd
}

func statusColumns() []string {
	return []string{"id", "provider", "old_id", "new_id", "state", "strategy", "started", "retires", "destinations", "error"}
}

func (a *app) rotationListCmd() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the rotations that have not ended", Args: exact(),
		RunE: func(*cobra.Command, []string) error {
			engine, err := a.engine()
			if err != nil {
				return err
			}
			list, err := engine.List(all)
			if err != nil {
				return err
			}
			rows := make([][]string, len(list))
			for i, s := range list {
				rows[i] = statusRow(s)
			}
			return a.printer().Records(statusColumns(), rows, list)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "list also those that have ended")
	return recording(cmd, statusColumns())
}

func statusRow(s rotation.Status) []string {
	retires := time.Time{}
	if s.Retires != nil {
		retires = *s.Retires
	}
	return []string{
		s.ID, s.Provider, s.OldID, s.NewID, string(s.State), string(s.Strategy), timeCell(s.Started), timeCell(retires),
		destinationsCell(s.Destinations), s.Error,
	}
}

func (a *app) rotationShowCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show ID", Short: "Show one rotation and its steps; ID is its own, or that of either credential", Args: exact("ID"),
		ValidArgsFunction: a.completeRotations,
		RunE: func(_ *cobra.Command, args []string) error {
			engine, err := a.engine()
			if err != nil {
				return err
			}
			story, err := engine.Show(args[0])
			if err != nil {
				return err
			}
			if a.forPeople() {
				if err := a.printer().Records(statusColumns(), [][]string{statusRow(story.Status)}, story); err != nil {
					return err
				}
				for _, s := range story.Steps {
					fmt.Fprintln(a.stdout, strings.TrimRight(fmt.Sprintf("  %s  %-10s %s", s.Time.Format(time.RFC3339), s.Step, visible.Text(s.About+" "+s.Error)), " "))
				}
				return nil
			}
			return a.printer().Records(statusColumns(), [][]string{statusRow(story.Status)}, story)
		},
	}
	return recording(cmd, statusColumns())
}

func (a *app) rotationResumeCmd() *cobra.Command {
	var o rotation.Resumption
	var all bool
	var verify string
	cmd := &cobra.Command{
		Use:   "resume [ID | --all]",
		Short: "Go on with a rotation, or with all of them: deliver, verify, retire what is past its time",
		Long: `Go on with a rotation that stopped, or with all of them: deliver what was not
delivered, verify, run the hook, and delete what is past its time.

Where the vendor did not tell the new secret, --secret-file - reads it from standard
input, as it was copied from the vendor's panel.`,
		Args:              atMostOne("ID"),
		ValidArgsFunction: a.completeRotations,
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) == 1) {
				return provider.Usage("name one rotation, or give --all")
			}
			if all {
				if err := spread("several", a.global.secretFile, o.To); err != nil {
					return err
				}
				if o.Key != "" {
					return provider.Usage("--key belongs to one rotation: name that in place of it")
				}
			}
			engine, err := a.engine()
			if err != nil {
				return err
			}
			if a.global.secretFile != "" {
				text, err := a.readFile(a.global.secretFile, "--secret-file")
				if err != nil {
					return provider.As(provider.ErrUsage, err)
				}
				o.Secret = provider.NewSecret(text)
			}
			o.Verify = verify
			ctx, cancel := context.WithTimeout(cmd.Context(), a.global.timeout)
			defer cancel()
			return a.resume(ctx, engine, args, o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&all, "all", false, "go on with every rotation that has not ended")
	f.StringArrayVar(&o.To, "to", nil, "deliver it to this `destination` too")
	f.StringVar(&o.Key, "key", "", "the access key `ID` that belongs to the secret of --secret-file")
	f.StringVar(&verify, "verify", "", "how to find out whether the new secret works: auto, none or exec:`CMD`")
	f.DurationVar(&o.VerifyTimeout, "verify-timeout", 0, "how long the new secret may take to work")
	f.DurationVar(&o.LockTimeout, "lock-timeout", 0, "how long to wait for another run that works on the same credential")
	f.BoolVar(&o.ForceUnverified, "force-unverified", false, "delete the old one although the new one was not seen to work, or is not everywhere")
	f.BoolVar(&o.InsecurePerms, "allow-insecure-perms", false, "write to a destination file that others can read")
	return recording(cmd, rotationColumns())
}

// resume goes on with one rotation or with all.
func (a *app) resume(ctx context.Context, engine *rotation.Engine, ids []string, o rotation.Resumption) error {
	a.failed.verb = "resume"
	if len(ids) == 0 {
		return a.resumeAll(ctx, engine, o)
	}
	a.failed.id = ids[0]
	r, err := a.resumer(engine, ids[0], o)
	if err != nil {
		return err
	}
	if r.checkShown() == nil { // else it waits in the journal
		o.Show = r.show
	}
	result, err := engine.Resume(ctx, ids[0], o)
	if err == nil || r.tells(result) {
		err = errors.Join(err, r.add(result))
	}
	return errors.Join(err, r.print(true))
}

// resumer returns what shows a rotation that is gone on with as it would have
// been shown at once.
func (a *app) resumer(engine *rotation.Engine, id string, o rotation.Resumption) (*rotator, error) {
	story, err := engine.Show(id)
	if err != nil {
		return nil, err
	}
	r := &rotator{call: &call{app: a}, shows: true}
	if story.Provider == "" { // nothing of it can be read, as the engine will say
		return r, nil
	}
	if r.provider, r.kind, err = a.kind(story.Provider, story.Kind); err != nil {
		return nil, err
	}
	return r, r.fits(a.global.showSecret || len(story.Destinations)+len(o.To) == 0)
}

// resumeAll shows no secret: one place cannot take those of several.
func (a *app) resumeAll(ctx context.Context, engine *rotation.Engine, o rotation.Resumption) error {
	if err := a.notIssued("several"); err != nil {
		return err
	}
	results, err := engine.ResumeAll(ctx, o)
	r := &rotator{call: &call{app: a}}
	if results != nil {
		r.results = []rotation.Result{} // there is an answer, if there are none
	}
	for _, result := range results {
		err = errors.Join(err, r.add(result))
	}
	return errors.Join(err, r.print(false))
}

func (a *app) rotationAbortCmd() *cobra.Command {
	var o rotation.Abortion
	cmd := &cobra.Command{
		Use: "abort ID", Short: "Give a rotation up: the new credential is revoked, the old one lives on", Args: exact("ID"),
		ValidArgsFunction: a.completeRotations,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.failed = failure{verb: "abort", id: args[0]}
			if err := a.notIssued("abort"); err != nil {
				return err
			}
			engine, err := a.engine()
			if err != nil {
				return err
			}
			story, err := engine.Show(args[0])
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), a.global.timeout)
			defer cancel()
			if err := a.confirm(ctx, fmt.Sprintf("Give up the rotation of %s? The new credential %s is revoked, and destinations get the old one back.", story.OldID, story.NewID)); err != nil {
				return err
			}
			result, err := engine.Abort(ctx, args[0], o)
			if err != nil {
				return err
			}
			r := &rotator{call: &call{app: a}}
			return errors.Join(r.add(result), r.print(true))
		},
	}
	cmd.Flags().BoolVar(&o.Force, "force", false, "give up also what was delivered to where the old secret cannot be put back")
	cmd.Flags().DurationVar(&o.LockTimeout, "lock-timeout", 0, "how long to wait for another run that works on the same credential")
	return recording(cmd, rotationColumns())
}

// completeRotations offers the rotations that have not ended.
func (a *app) completeRotations(_ *cobra.Command, args []string, text string) (ids []string, _ cobra.ShellCompDirective) {
	if engine, err := a.engine(); err == nil && len(args) == 0 {
		list, _ := engine.List(false) // what cannot be read is not offered
		for _, s := range list {
			if strings.HasPrefix(s.ID, text) {
				ids = append(ids, fmt.Sprintf("%s\t%s %s", s.ID, s.Provider, s.OldID))
			}
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
