package call

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// completionLimit bounds what a shell waits for.
const completionLimit = 3 * time.Second

// complete makes a shell offer the values of cmd's flags and, if it takes IDs,
// the IDs of the vendor's listing with their names.
func (c *Call) complete(cmd *cobra.Command, ids bool) {
	for _, p := range c.Kind.Params[c.Verb] {
		i := p.Info()
		switch {
		case i.Complete != nil:
			syntax.Offer(cmd, i.Name, func(text string) []string { return i.Complete(c.In, text) })
		case len(i.Values) > 0:
			syntax.Offer(cmd, i.Name, func(string) []string { return i.Values })
		}
	}
	if !ids {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
		return
	}
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, text string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 && !strings.Contains(cmd.Use, "...") {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return c.completeIDs(cmd.Context(), args, text), cobra.ShellCompDirectiveNoFileComp
	}
}

func (c *Call) completeIDs(ctx context.Context, args []string, text string) (ids []string) {
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, completionLimit)
	defer cancel()
	c.Run.Streams.Timeout = min(c.Run.Streams.Timeout, completionLimit)
	if _, err := c.Run.Streams.Claim("completion"); err != nil || c.Run.Flags.Read() != nil { // the shell has standard input
		return nil
	}
	svc, err := c.open(ctx)
	if err != nil {
		return nil
	}
	for cred, err := range svc.(provider.Lister).List(ctx, provider.Input{}) {
		if err != nil {
			return ids
		}
		if strings.HasPrefix(cred.ID, text) && !strings.Contains(" "+strings.Join(args, " ")+" ", " "+cred.ID+" ") {
			ids = append(ids, cred.ID+"\t"+visible.Text(cred.Name))
		}
	}
	return ids
}
