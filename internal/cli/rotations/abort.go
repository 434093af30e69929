package rotations

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/rotations/history"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/visible"
)

func abort(run *invocation.Invocation) *cobra.Command {
	var o rotation.AbortOptions
	var dry bool
	cmd := &cobra.Command{
		Use: "abort ID", Short: "Abort a rotation, keep the old credential", Args: syntax.RotationID(),
		Long: `Abort a rotation that is not finished: write the old secret back to the destinations
that can hold it, and delete the new credential. ID is the ID of the rotation, or of
either credential.`,
		Example: `# Start a rotation that stops, show what an abort would do
credctl katapult rotate objkey_sbxBackup0000001 --to exec:false || true
credctl rotation abort objkey_sbxBackup0000001 --force --dry-run

# Abort the rotation without a question
credctl rotation abort objkey_sbxBackup0000001 --force --yes`,
		ValidArgsFunction: history.Completer(run),
		RunE: func(cmd *cobra.Command, args []string) error {
			about := exit.About{Group: "rotation", Verb: "abort", ID: args[0]}
			if err := run.Results.NotIssued("abort"); err != nil {
				return about.Wrap(err)
			}
			ctx, cancel := run.Limit(cmd)
			defer cancel()
			return about.Wrap(history.HintName(run, cmd, args[0], giveUp(ctx, run, args[0], o, dry)))
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "show the steps, change nothing")
	cmd.Flags().BoolVar(&o.Force, "force", false, "abort even where the old secret cannot be restored")
	cmd.Flags().DurationVar(&o.LockTimeout, "lock-timeout", 0, "longest wait for another run to finish")
	return syntax.WithColumns(cmd, resultColumns())
}

// giveUp aborts a rotation, if the user agrees, or shows what that would do.
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
	unread := o.Force && errors.Is(err, journal.ErrIdentity)
	if err != nil && !unread {
		return err
	}
	if !run.Streams.Yes && !unread { // what would be refused is not asked
		if _, err := engine.PlanAbort(ctx, id, o.Force); err != nil {
			return err
		}
	}
	question := ""
	if unread {
		question = fmt.Sprintf("End the rotation %s, which cannot be read? credctl moves its file aside and changes nothing at the vendor.", id)
	} else {
		question = abortQuestion(story)
	}
	if err := run.Streams.Confirm(ctx, question); err != nil {
		return err
	}
	result, err := engine.Abort(ctx, id, o)
	if err != nil {
		return err
	}
	r := newReport(run)
	return errors.Join(r.add(result), r.print(true))
}

// abortQuestion names the credentials and the account, and says what an abort does.
func abortQuestion(story oplog.Story) string {
	account := setting.Account(func(name string) string { return story.Settings[name] })
	q := term.Question{Account: visible.Text(cmp.Or(account, story.Provider)), Profile: story.Profile}
	made := "what it created"
	if story.NewID != "" && story.NewID != story.OldID {
		made = story.NewID
	}
	switch {
	case story.Strategy == oplog.Deliver:
		q.Do, q.Effect = "Abort the delivery of "+story.ID, "credctl deletes nothing at the vendor."
	case story.OldID == "": // it replaces none
		q.Do, q.Effect = "Abort the creation of "+cmp.Or(story.NewID, story.Name), fmt.Sprintf("credctl deletes %s.", made)
		if story.NewID != "" && story.Name != "" {
			q.Do += " (" + visible.Text(story.Name) + ")"
		}
	default:
		q.Do, q.Effect = "Abort the rotation of "+story.OldID, fmt.Sprintf("credctl restores the old secret at the destinations and deletes %s.", made)
	}
	return q.String()
}
