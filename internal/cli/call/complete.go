package call

import (
	"context"
	"slices"
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
	if ids {
		syntax.Offer(cmd, nameFlag, func(text string) []string {
			return c.list(cmd.Context(), func(cred provider.Credential) (string, string) { return cred.Name, cred.ID }, nil, text)
		})
	}
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
		return c.list(cmd.Context(), func(cred provider.Credential) (string, string) { return cred.ID, cred.Name }, args, text), cobra.ShellCompDirectiveNoFileComp
	}
}

// list returns what a shell offers of the vendor's listing: of each credential a
// value that begins with text and is not among those given, and what it is.
func (c *Call) list(ctx context.Context, of func(provider.Credential) (value, about string), given []string, text string) (offers []string) {
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
			return offers
		}
		value, about := of(cred)
		if value != "" && strings.HasPrefix(value, text) && !slices.Contains(given, value) {
			offers = append(offers, visible.Text(value)+"\t"+visible.Text(about))
		}
	}
	return offers
}
