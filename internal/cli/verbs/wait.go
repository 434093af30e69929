package verbs

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/call"
	"github.com/credctl/credctl/internal/issuing"
	"github.com/credctl/credctl/internal/provider"
)

// Wait is `credctl VENDOR wait`, of a call of the verb get.
func Wait(c *call.Call) *cobra.Command {
	cmd := c.Command(call.Spec{
		Name: "wait", Operands: operands, Short: "Wait until %ss are ready", Parallel: parallel,
		Do: func(ctx context.Context, svc provider.Service, ids []string) error {
			return showAll(ctx, c, ids, "confirmed to be ready", func(ctx context.Context, id string) (provider.Credential, string, error) {
				cred, err := issuing.UntilReady(ctx, svc.(provider.Getter), id, c.Run.Streams)
				switch {
				case !errors.Is(err, context.DeadlineExceeded):
				case cred.ID != "" && cred.Key == "" && c.Kind.Shape.IsPair() && slices.Contains(c.Kind.Verbs, provider.Generate): // it does not get one by waiting
					err = provider.AlsoHint(err, "to generate its secret, run: %s %s", c.Line(provider.Generate), id)
				default:
					err = provider.AlsoHint(err, "to wait longer, run: %s %s --timeout 30m", c.Line("wait"), id)
				}
				return cred, "", err
			})
		},
	})
	cmd.Example = waitExamples(c.Kind.Examples[provider.Get])
	return cmd
}

// waitExamples are made of the example of get that selects by name.
func waitExamples(get string) string {
	for line := range strings.Lines(get) {
		if line = strings.TrimSpace(line); strings.Contains(line, " get --name ") {
			line = strings.Replace(line, " get ", " wait ", 1)
			return "# Wait until it can be used\n" + line + "\n\n# Wait for at most two minutes\n" + line + " --timeout 2m"
		}
	}
	return ""
}
