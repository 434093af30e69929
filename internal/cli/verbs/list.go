package verbs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/call"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/provider"
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
