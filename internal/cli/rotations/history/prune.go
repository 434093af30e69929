package history

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

func prune(run *invocation.Invocation) *cobra.Command {
	var older time.Duration
	var dry bool
	cmd := &cobra.Command{
		Use: "prune --older-than DURATION", Short: "Delete records of finished rotations", Args: syntax.Exact(),
		Long: `Delete the steps of rotations that ended long ago, and print these rotations.

credctl still knows which credential replaced which, so a policy that names an old ID
still finds the credential that is in use. It keeps the steps of unfinished rotations,
and of those that issued a credential which was not replaced since.

It also deletes the recovery files on this machine of credentials that these rotations have
revoked. Other recovery files stay: they may have the only copy of a secret.

If the journal is in the state folder, it also deletes the files of locks that no run holds.
If it is in a database, the rotations are those of all hosts that use it.`,
		Example: `# Show what would be deleted
credctl rotation prune --older-than 90d --dry-run

# Delete it
credctl rotation prune --older-than 90d`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("older-than") {
				return provider.Hint(provider.Usage("missing required flag: --older-than"), "pass an age, such as --older-than 90d")
			}
			if older < 0 {
				return provider.Usage("invalid --older-than %s (minimum: 0d)", duration.Format(older))
			}
			return pruneRotations(run, older, dry)
		},
	}
	f := cmd.Flags()
	f.Var(syntax.Days{D: &older}, "older-than", "least time since a rotation ended, such as 90d")
	f.BoolVar(&dry, "dry-run", false, "show what would be deleted, delete nothing")
	return syntax.WithColumns(cmd, statusColumns())
}

// pruneRotations deletes the steps of rotations and recovery files, adds both to the
// audit trail, and prints them.
func pruneRotations(run *invocation.Invocation, older time.Duration, dry bool) error {
	engine, err := run.Session.Engine()
	if err != nil {
		return err
	}
	trail, err := run.Trail()
	if err != nil && !dry {
		return err
	}
	before := engine.Time().Add(-older)
	pruned, err := oplog.Prune(engine.Journal, before, dry)
	if !dry && (err != nil || len(pruned) > 0) {
		err = trail.Add(journal.Event{Verb: "prune", Result: fmt.Sprintf("rotations whose steps were deleted: %d", len(pruned))}, err)
	}
	if err != nil {
		return err
	}
	if did := map[bool]string{true: "Would delete", false: "Deleted"}[dry]; len(pruned) > 0 {
		run.Streams.Remark("%s the steps of finished rotations: %d", did, len(pruned))
	}
	folder, err := run.Session.Recovery()
	if err != nil {
		return err
	}
	index, err := engine.Journal.Index()
	if err != nil {
		return err
	}
	tidied, err := folder.Tidy(index, before, dry)
	for _, file := range tidied {
		if dry {
			tell(run, "Would delete %s: its credential is revoked", file.Path)
			continue
		}
		tell(run, "Deleted %s: its credential is revoked", file.Path)
		err = errors.Join(err, trail.Add(journal.Event{Verb: "prune", Provider: file.Of.Provider, Kind: file.Of.Kind, ID: file.Of.ID, Result: "deleted the recovery file " + file.Path}, nil))
	}
	return cmp.Or(printStatuses(run, pruned, "No rotations found"), err)
}

// tell tells what became of a file, which is a result, although it is none of the rows.
func tell(run *invocation.Invocation, format string, args ...any) {
	if run.Streams.Quiet && !run.Streams.JSONErrors {
		run.Streams.Line(format, args...)
		return
	}
	run.Streams.Remark(format, args...)
}

func printStatuses(run *invocation.Invocation, found []rotation.Status, none string) error {
	rows := make([][]string, len(found))
	for i, s := range found {
		rows[i] = statusRow(run.Results, s)
	}
	if len(found) == 0 {
		run.OnTerminal("%s", none)
	}
	tellNotes(run, found)
	return run.Results.Keeping(statusKept()...).Results(statusColumns(), rows, found)
}
