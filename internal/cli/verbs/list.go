package verbs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/call"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/survey"
)

// List is `credctl VENDOR list`.
func List(c *call.Call) *cobra.Command {
	return c.Command(call.Spec{
		Short: "List all %ss", Args: syntax.Exact(),
		Do: func(ctx context.Context, svc provider.Service, _ []string) error {
			p := c.Run.Results.Printer()
			p.Shape = c.Kind.Shape
			found := false
			err := p.List(func(yield func(provider.Credential, error) bool) {
				for cred, err := range svc.(provider.Lister).List(ctx, c.In) {
					if found = true; !yield(cred, err) {
						return
					}
				}
			})
			if err == nil && !found {
				call.NoneFound(c)
			}
			return err
		},
	})
}

// ListAll is `credctl list`: every vendor that is configured, at once.
func ListAll(run *invocation.Invocation) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List credentials of all configured vendors",
		Long: `List credentials of all vendors that have a token. When a vendor cannot be
listed, or answers nothing for 30 seconds, the others are listed in full and the
exit status is 8.`,
		Example: `# List all credentials
credctl list

# Print when each credential was last used, as CSV
credctl list -o csv --columns provider,id,name,last_used`,
		Args: syntax.Exact(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := run.Limit(cmd)
			defer cancel()
			return exit.About{Verb: "list"}.Wrap(listAll(ctx, run))
		},
	}
}

func listAll(ctx context.Context, run *invocation.Invocation) error {
	if err := run.Results.NotIssued("list"); err != nil {
		return err
	}
	sources, failures, err := survey.Sources(ctx, run.Config, run.Session, nil)
	if err != nil {
		return err
	}
	seq, failed := survey.Together(ctx, sources)
	p := run.Results.Printer()
	p.Mixed = true
	if err := p.List(seq); err != nil {
		return err
	}
	return survey.Error("list", append(failures, failed()...))
}
