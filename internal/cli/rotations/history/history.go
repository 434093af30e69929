// Package history has the commands that show what the journal says of rotations.
package history

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/results"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/visible"
)

// Commands returns the commands below `credctl rotation` that carry out no rotation.
func Commands(run *invocation.Invocation) []*cobra.Command {
	return []*cobra.Command{list(run), show(run), check(run), prune(run)}
}

func statusColumns() []string {
	return []string{"operation", "provider", "id", "name", "old_id", "new_id", "state", "strategy", "started", "retires", "destinations", "error"}
}

// statusKept are the columns that a table keeps on a narrow terminal.
func statusKept() []string { return []string{"operation", "name", "state", "retires", "error"} }

func list(run *invocation.Invocation) *cobra.Command {
	var all bool
	var since time.Duration
	cmd := &cobra.Command{
		Use: "list", Short: "List unfinished rotations", Args: syntax.Exact(),
		Example: `# List unfinished rotations
credctl rotation list

# List all rotations as JSON
credctl rotation list --all -o json

# List those that are unfinished, or ended within a week
credctl rotation list --since 7d`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			engine, err := run.Session.Engine()
			if err != nil {
				return err
			}
			found, err := engine.List(all)
			if cmd.Flags().Changed("since") {
				if all || since < 0 {
					return provider.Usage("invalid --since: pass a duration, such as 7d, and leave out --all")
				}
				found, err = oplog.Since(engine.Journal, engine.Time().Add(-since))
			}
			if err != nil {
				return err
			}
			drift.TellOldDeleted(engine.Journal, found)
			none := "No unfinished rotations found"
			if all || cmd.Flags().Changed("since") {
				none = "No rotations found"
			}
			return printStatuses(run, found, none)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "include finished rotations")
	cmd.Flags().Var(syntax.Days{D: &since}, "since", "include rotations that ended within this time, such as 7d")
	return syntax.WithColumns(cmd, statusColumns())
}

// tellNotes writes the notes of rotations to people, who have no column of them.
func tellNotes(run *invocation.Invocation, found []rotation.Status) {
	for _, s := range found {
		for _, note := range s.Notes {
			if run.Results.Format.ForPeople() {
				run.Streams.Remark("note: %s", note)
			}
		}
	}
}

func statusRow(w *results.Writer, s rotation.Status) []string {
	if w.Format.ForPeople() && len(w.Columns) == 0 && s.NewID == s.ID {
		s.NewID = ""
	}
	return []string{
		s.Operation, s.Provider, s.ID, s.Name, s.OldID, s.NewID, State(w, s.State), string(s.Strategy), results.Time(s.Started), results.Time(s.Retires),
		Destinations(w, s.Destinations), Reason(w, s.Error),
	}
}

func show(run *invocation.Invocation) *cobra.Command {
	cmd := &cobra.Command{
		Use: "show ID", Short: "Show a rotation and its steps", Args: syntax.RotationID(),
		Long: "Show a rotation and its steps. ID is the ID of the rotation, or of either credential.",
		Example: `# Show the rotation of a credential
credctl katapult rotate objkey_sbxBackup0000001 --to file:backup.key
credctl rotation show objkey_sbxBackup0000001

# Show it as JSON
credctl rotation show objkey_sbxBackup0000001 -o json`,
		ValidArgsFunction: Completer(run),
		RunE: func(cmd *cobra.Command, args []string) error {
			engine, err := run.Session.Engine()
			if err != nil {
				return err
			}
			story, err := engine.Show(args[0])
			if err != nil {
				return HintName(run, cmd, args[0], err)
			}
			one := []rotation.Status{story.Status}
			drift.TellOldDeleted(engine.Journal, one)
			story.Status = one[0]
			err = run.Results.Printer().Results(statusColumns(), [][]string{statusRow(run.Results, story.Status)}, story)
			if err != nil || !run.Results.Format.ForPeople() {
				return err
			}
			tellNotes(run, one)
			writeSteps(run, story)
			return nil
		},
	}
	return syntax.WithColumns(cmd, statusColumns())
}

// proved says how a delivery was proved; "" where it was not.
func proved(proof string) string {
	return map[string]string{string(deliver.ByValue): "value read back", string(deliver.ByStamp): "value accepted; it cannot be read back"}[proof]
}

// Completer offers unfinished rotations.
func Completer(run *invocation.Invocation) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, text string) (ids []string, _ cobra.ShellCompDirective) {
		if engine, err := run.Session.Engine(); err == nil && len(args) == 0 {
			found, _ := engine.List(false) // what cannot be read is not offered
			for _, s := range found {
				if strings.HasPrefix(s.Operation, text) {
					ids = append(ids, fmt.Sprintf("%s\t%s %s: %s", s.Operation, s.Provider, visible.Text(cmp.Or(s.Name, s.Title())), s.State.Word()))
				}
			}
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
}

// State is a cell of a table: in words for people, as in JSON otherwise.
func State(w *results.Writer, s rotation.State) string {
	if w.Format.ForPeople() {
		return s.Word()
	}
	return string(s)
}

// Reason is a cell of a table: in one line for people.
func Reason(w *results.Writer, text string) string {
	if w.Format.ForPeople() {
		return visible.OneLine(strings.ReplaceAll(text, "\n", "; "))
	}
	return text
}

// Destinations is a cell of a table.
func Destinations(w *results.Writer, all []rotation.DeliveryState) string {
	cells := make([]string, len(all))
	for i, d := range all {
		cells[i] = fmt.Sprintf("%s (%s)", d.To, State(w, d.State))
	}
	return strings.Join(cells, ", ")
}
