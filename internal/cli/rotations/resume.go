package rotations

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/call"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/rotations/adjust"
	"github.com/credctl/credctl/internal/cli/rotations/history"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

func resume(run *invocation.Invocation) *cobra.Command {
	var o rotation.ResumeOptions
	var all, dry bool
	var adjusted adjust.Flags
	cmd := &cobra.Command{
		Use:   "resume [ID | --all]",
		Short: "Resume one or all unfinished rotations",
		Long: `Resume a rotation that stopped, or all of them: deliver the new secret where it is
missing, verify it, run the hook, and delete old credentials whose grace period is
over. ID is the ID of the rotation, or of either credential.

If the vendor did not return the new secret, copy it from the vendor's panel and pass
it with --secret-file.`,
		Example: `# Resume all unfinished rotations
credctl rotation resume --all

# Resume the rotation of a credential
credctl katapult rotate objkey_sbxBackup0000001 --to file:backup.key \
  --hook 'test -e ready' || touch ready
credctl rotation resume objkey_sbxBackup0000001`,
		Args:              syntax.AtMostOne("ID"),
		ValidArgsFunction: history.Completer(run),
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) == 1) {
				return provider.Hint(provider.Usage("missing argument: ID, or --all"), "run: credctl rotation list")
			}
			if all {
				if err := spread("several", run.Results.SecretFile, o.To); err != nil {
					return err
				}
				if err := adjusted.Check(map[string]bool{"key": o.Key != ""}); err != nil {
					return err
				}
			}
			if dry {
				run.StartDryRun()
			}
			o.NoGrace = cmd.Flags().Changed("grace") && o.Grace == 0
			engine, err := run.Session.Engine()
			if err != nil {
				return err
			}
			engine.Reveal = run.Results.ShowSecret
			if file := run.Results.SecretFile; file != "" {
				text, err := run.Streams.ReadSecret(cmd.Context(), file, "--secret-file")
				if err != nil {
					return provider.WithClass(provider.ErrUsage, err)
				}
				o.Secret = provider.NewSecret(text)
			}
			ctx, cancel := run.Limit(cmd)
			defer cancel()
			r := resumer{run, engine, o, adjusted}
			about, carryOut := exit.About{Group: "rotation", Verb: "resume"}, r.resumeAll
			if !all {
				about.ID, carryOut = args[0], func(ctx context.Context) error { return r.resume(ctx, args[0]) }
			}
			if dry {
				carryOut = func(ctx context.Context) error { return r.plan(ctx, args) }
			}
			return about.Wrap(history.HintName(run, cmd, about.ID, carryOut(ctx)))
		},
	}
	f := cmd.Flags()
	f.BoolVar(&run.Results.ShowSecret, "show-secret", false, "print the new secret even when hidden by default")
	f.StringVar(&run.Results.SecretFile, "secret-file", "", "`file` with the new secret (- is stdin)")
	f.BoolVar(&all, "all", false, "resume every unfinished rotation")
	f.BoolVar(&dry, "dry-run", false, "show the steps, change nothing")
	f.StringArrayVar(&o.To, "to", nil, "`destination` to add, or to replace one that failed")
	f.StringVar(&o.Key, "key", "", "access key `ID` that belongs to --secret-file")
	f.StringVar(&o.Verify, "verify", "", "how to verify: auto, none or exec:`CMD`")
	f.DurationVar(&o.VerifyTimeout, "verify-timeout", 0, "longest wait until the new secret works")
	f.StringVar(&o.Hook.Line, "hook", "", "shell `command` to run after delivery")
	f.BoolVar(&o.Hook.Stdin, "hook-stdin", false, "pass the new credential to the hook as JSON")
	f.Var(syntax.Days{D: &o.Grace}, "grace", "how long to keep the old credential after delivery")
	f.DurationVar(&o.LockTimeout, "lock-timeout", 0, "longest wait for another run to finish")
	f.BoolVar(&o.ForceUnverified, "force-unverified", false, "delete the old credential without verification or delivery")
	f.BoolVar(&o.InsecurePerms, "allow-insecure-perms", false, "write to a destination file that others can read")
	adjusted = adjust.Add(f, run)
	call.CompleteTo(cmd, run.Schemes())
	return syntax.WithColumns(cmd, resultColumns())
}

// A resumer resumes rotations.
type resumer struct {
	run      *invocation.Invocation
	engine   *rotation.Engine
	options  rotation.ResumeOptions
	adjusted adjust.Flags
}

// plan shows what resuming one rotation, or all, would do.
func (r resumer) plan(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		plans, err := r.engine.PlanResumeAll(ctx, r.options)
		return errors.Join(err, showPlans(r.run, plans, true))
	}
	story, err := r.engine.Show(ids[0])
	if err != nil {
		return err
	}
	if r.options.Adjustable, err = r.adjusted.For(r.run, story.Provider); err != nil {
		return err
	}
	plan, err := r.engine.PlanResume(ctx, ids[0], r.options)
	return showPlan(r.run, plan, err)
}

// resume resumes one rotation.
func (r resumer) resume(ctx context.Context, id string) error {
	story, err := r.engine.Show(id)
	if err != nil {
		return err
	}
	if r.options.Adjustable, err = r.adjusted.For(r.run, story.Provider); err != nil {
		return err
	}
	report, err := r.report(story)
	if err != nil {
		return err
	}
	if r.run.Results.CheckShown() == nil { // else it waits in the journal
		r.options.Show = report.show
	}
	result, err := r.engine.Resume(ctx, id, r.options)
	if err == nil || report.tells(result) {
		err = errors.Join(err, report.add(result))
	}
	return errors.Join(err, report.print(true))
}

// report returns what shows a rotation that is resumed as it would have been
// shown at once.
func (r resumer) report(story oplog.Story) (*report, error) {
	report := newReport(r.run)
	report.secrets = true
	if story.Provider == "" { // nothing of it can be read, as the engine will say
		return report, nil
	}
	_, kind, err := r.run.Config.Vendors.Kind(story.Provider, story.Kind)
	if err != nil {
		return nil, err
	}
	report.shape = kind.Shape
	return report, r.run.Results.Fits(kind.Shape, r.run.Results.ShowSecret || len(story.Destinations)+len(r.options.To) == 0)
}

// resumeAll continues with all. It shows no secret: one place cannot take those of
// several.
func (r resumer) resumeAll(ctx context.Context) error {
	if err := r.run.Results.NotIssued("several"); err != nil {
		return err
	}
	all, err := r.engine.ResumeAll(ctx, r.options)
	report := newReport(r.run)
	if all != nil {
		report.results = []rotation.Result{} // there is an answer, if there are none
	}
	if len(all) == 0 && err == nil {
		r.run.OnTerminal("No unfinished rotations found")
	}
	for _, result := range all {
		err = errors.Join(err, report.add(result))
	}
	return errors.Join(err, report.print(false))
}
