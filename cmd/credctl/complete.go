package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// completionLimit bounds what a shell waits for.
const completionLimit = 3 * time.Second

// complete makes a shell offer the values of cmd's flags and, if it takes IDs,
// the IDs of the vendor's listing with their names.
func (c *call) complete(cmd *cobra.Command, ids bool) {
	for _, p := range c.kind.Params[c.verb] {
		i := p.Info()
		switch {
		case i.Complete != nil:
			offer(cmd, i.Name, func(text string) []string { return i.Complete(c.in, text) })
		case len(i.Values) > 0:
			offer(cmd, i.Name, func(string) []string { return i.Values })
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

func (c *call) completeIDs(ctx context.Context, args []string, text string) (ids []string) {
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, completionLimit)
	defer cancel()
	c.streams.Timeout = min(c.streams.Timeout, completionLimit)
	if _, err := c.streams.Claim("completion"); err != nil || c.readFlags() != nil { // the shell has standard input
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

// offer completes the values of a flag.
func offer(cmd *cobra.Command, flag string, values func(text string) []string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, text string) ([]string, cobra.ShellCompDirective) {
		return values(text), cobra.ShellCompDirectiveNoFileComp
	}) // it fails only for a flag that is not there
}

// completeGlobals completes the flags that every command has.
func (a *app) completeGlobals(root *cobra.Command) {
	offer(root, "output", func(string) []string { return output.Completions() })
	offer(root, "profile", func(string) []string {
		names, _ := a.config.Profiles() // none of a file that cannot be read
		return names
	})
	root.PersistentFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name == "jq" || f.Name == "timeout" || f.Name == "max-wait" {
			offer(root, f.Name, func(string) []string { return nil })
		}
	})
}
