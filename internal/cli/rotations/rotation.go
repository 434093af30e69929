package rotations

import (
	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/rotations/history"
	"github.com/credctl/credctl/internal/cli/syntax"
)

// Command is `credctl rotation`.
func Command(run *invocation.Invocation) *cobra.Command {
	cmd := &cobra.Command{Use: "rotation", Short: "Manage unfinished rotations", Example: `# List unfinished rotations
credctl rotation list

# Continue all unfinished rotations
credctl rotation resume --all`}
	syntax.Group(cmd)
	cmd.AddCommand(append(history.Commands(run), resume(run), abort(run))...)
	return cmd
}
