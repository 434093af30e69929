package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
)

func (a *app) rotationResumeCmd() *cobra.Command {
	var o rotation.ResumeOptions
	var all, dry bool
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
			if dry {
				a.startDryRun()
			}
			engine, err := a.session.Engine()
			if err != nil {
				return err
			}
			if a.global.secretFile != "" {
				text, err := a.streams.ReadFile(a.global.secretFile, "--secret-file")
				if err != nil {
					return provider.WithClass(provider.ErrUsage, err)
				}
				o.Secret = provider.NewSecret(text)
			}
			o.Verify = verify
			ctx, cancel := context.WithTimeout(cmd.Context(), a.streams.Timeout)
			defer cancel()
			if dry {
				return a.planResume(ctx, engine, args, o)
			}
			return a.resume(ctx, engine, args, o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&all, "all", false, "go on with every rotation that has not ended")
	f.BoolVar(&dry, "dry-run", false, "show the steps and check what can be checked; change nothing")
	f.StringArrayVar(&o.To, "to", nil, "deliver it to this `destination` too")
	f.StringVar(&o.Key, "key", "", "the access key `ID` that belongs to the secret of --secret-file")
	f.StringVar(&verify, "verify", "", "how to find out whether the new secret works: auto, none or exec:`CMD`")
	f.DurationVar(&o.VerifyTimeout, "verify-timeout", 0, "how long the new secret may take to work")
	f.DurationVar(&o.LockTimeout, "lock-timeout", 0, "how long to wait for another run that works on the same credential")
	f.BoolVar(&o.ForceUnverified, "force-unverified", false, "delete the old one although the new one was not seen to work, or is not everywhere")
	f.BoolVar(&o.InsecurePerms, "allow-insecure-perms", false, "write to a destination file that others can read")
	return withColumns(cmd, rotationColumns())
}

// planResume shows what it would be to go on with one rotation or with all.
func (a *app) planResume(ctx context.Context, engine *rotation.Engine, ids []string, o rotation.ResumeOptions) error {
	a.failed.verb = "resume"
	if len(ids) == 0 {
		plans, err := engine.PlanResumeAll(ctx, o)
		return errors.Join(err, a.showPlans(plans, true))
	}
	a.failed.id = ids[0]
	plan, err := engine.PlanResume(ctx, ids[0], o)
	return a.showPlan(plan, err)
}

// resume goes on with one rotation or with all.
func (a *app) resume(ctx context.Context, engine *rotation.Engine, ids []string, o rotation.ResumeOptions) error {
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
func (a *app) resumer(engine *rotation.Engine, id string, o rotation.ResumeOptions) (*rotator, error) {
	story, err := engine.Show(id)
	if err != nil {
		return nil, err
	}
	r := &rotator{call: &call{app: a}, shows: true}
	if story.Provider == "" { // nothing of it can be read, as the engine will say
		return r, nil
	}
	if r.provider, r.kind, err = a.config.Vendors.Kind(story.Provider, story.Kind); err != nil {
		return nil, err
	}
	return r, r.fits(a.global.showSecret || len(story.Destinations)+len(o.To) == 0)
}

// resumeAll shows no secret: one place cannot take those of several.
func (a *app) resumeAll(ctx context.Context, engine *rotation.Engine, o rotation.ResumeOptions) error {
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
