package rotations

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/results"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/visible"
)

// Command is `credctl rotation`.
func Command(run *invocation.Invocation) *cobra.Command {
	cmd := &cobra.Command{Use: "rotation", Short: "Manage unfinished rotations"}
	syntax.Group(cmd)
	cmd.AddCommand(list(run), show(run), resume(run), abort(run))
	return cmd
}

func statusColumns() []string {
	return []string{"operation", "provider", "id", "name", "old_id", "new_id", "state", "strategy", "started", "retires", "destinations", "error"}
}

func list(run *invocation.Invocation) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "list", Short: "List unfinished rotations", Args: syntax.Exact(),
		Example: `# List unfinished rotations
credctl rotation list

# List all rotations as JSON
credctl rotation list --all -o json`,
		RunE: func(*cobra.Command, []string) error {
			engine, err := run.Session.Engine()
			if err != nil {
				return err
			}
			found, err := engine.List(all)
			if err != nil {
				return err
			}
			rows := make([][]string, len(found))
			for i, s := range found {
				rows[i] = statusRow(s)
			}
			return run.Results.Printer().Results(statusColumns(), rows, found)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "include finished rotations")
	return syntax.WithColumns(cmd, statusColumns())
}

func statusRow(s rotation.Status) []string {
	return []string{
		s.Operation, s.Provider, s.ID, s.Name, s.OldID, s.NewID, string(s.State), string(s.Strategy), results.Time(s.Started), results.Time(s.Retires),
		destinations(s.Destinations), s.Error,
	}
}

func show(run *invocation.Invocation) *cobra.Command {
	cmd := &cobra.Command{
		Use: "show ID", Short: "Show a rotation and its steps", Args: syntax.Exact("ID"),
		Long: "Show a rotation and its steps. ID is the ID of the rotation, or of either credential.",
		Example: `# Show the rotation of a credential
credctl katapult rotate objkey_sbxBackup0000001 --to file:backup.key
credctl rotation show objkey_sbxBackup0000001

# Show it as JSON
credctl rotation show objkey_sbxBackup0000001 -o json`,
		ValidArgsFunction: completer(run),
		RunE: func(_ *cobra.Command, args []string) error {
			engine, err := run.Session.Engine()
			if err != nil {
				return err
			}
			story, err := engine.Show(args[0])
			if err != nil {
				return err
			}
			err = run.Results.Printer().Results(statusColumns(), [][]string{statusRow(story.Status)}, story)
			if err != nil || !run.Results.Format.ForPeople() {
				return err
			}
			for _, s := range story.Steps {
				fmt.Fprintln(run.Streams.Out, strings.TrimRight(fmt.Sprintf("  %s  %-10s %s", s.Time.Format(time.RFC3339), s.Step, visible.Text(s.About+" "+s.Error)), " "))
			}
			return nil
		},
	}
	return syntax.WithColumns(cmd, statusColumns())
}

// completer offers unfinished rotations.
func completer(run *invocation.Invocation) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, text string) (ids []string, _ cobra.ShellCompDirective) {
		if engine, err := run.Session.Engine(); err == nil && len(args) == 0 {
			found, _ := engine.List(false) // what cannot be read is not offered
			for _, s := range found {
				if strings.HasPrefix(s.Operation, text) {
					ids = append(ids, fmt.Sprintf("%s\t%s %s", s.Operation, s.Provider, s.OldID))
				}
			}
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
}
