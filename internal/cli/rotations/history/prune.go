package history

import (
	"cmp"
	"slices"
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
		Use: "prune --older-than DURATION", Short: "Delete the steps of old rotations", Args: syntax.Exact(),
		Long: `Delete the steps of rotations that ended long ago, and print these rotations.

credctl still knows which credential replaced which, so a policy that names an old ID
still finds the credential that is in use. It keeps the steps of unfinished rotations,
and of those that issued a credential which was not replaced since.

It also deletes the recovery files of credentials that these rotations have revoked, and
the files of locks that no run holds. Other recovery files stay: they may have the only copy
of a secret.`,
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
			engine, err := run.Session.Engine()
			if err != nil {
				return err
			}
			before := engine.Time().Add(-older)
			pruned, err := oplog.Prune(engine.Journal, before, dry)
			if err != nil {
				return err
			}
			return cmp.Or(printStatuses(run, pruned, "No rotations found"), tidyRecovery(run, engine.Journal, before, dry))
		},
	}
	f := cmd.Flags()
	f.Var(syntax.Days{D: &older}, "older-than", "least time since a rotation ended, such as 90d")
	f.BoolVar(&dry, "dry-run", false, "show what would be deleted, delete nothing")
	return syntax.WithColumns(cmd, statusColumns())
}

// tidyRecovery removes the recovery files of revoked credentials, and tells so.
func tidyRecovery(run *invocation.Invocation, store *journal.Store, before time.Time, dry bool) error {
	folder, err := run.Session.Recovery()
	if err != nil {
		return err
	}
	index, err := store.Index()
	if err != nil {
		return err
	}
	removed, err := folder.Tidy(index, before, dry)
	for _, path := range removed {
		run.Streams.Remark("%s %s: its credential is revoked", map[bool]string{false: "Deleted", true: "Would delete"}[dry], path)
	}
	return err
}

func printStatuses(run *invocation.Invocation, found []rotation.Status, none string) error {
	rows := make([][]string, len(found))
	short := run.Results.Format.ForPeople() && run.Results.Output != "wide" && len(run.Results.Columns) == 0
	for i, s := range found {
		if rows[i] = statusRow(s); short && s.NewID == s.ID {
			rows[i][slices.Index(statusColumns(), "new_id")] = ""
		}
	}
	if len(found) == 0 {
		run.NoneFound("%s", none)
	}
	return run.Results.Keeping(statusKept()...).Results(statusColumns(), rows, found)
}
