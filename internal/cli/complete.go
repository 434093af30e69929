package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
)

// completes reports whether args are those of a shell that completes a line.
func completes(args []string) bool {
	return slices.Contains(args, cobra.ShellCompRequestCmd) || slices.Contains(args, cobra.ShellCompNoDescRequestCmd)
}

// completeGlobals completes the flags that every command has.
func completeGlobals(root *cobra.Command, run *invocation.Invocation) {
	syntax.OfferFor(root, "output", func(cmd *cobra.Command, _ string) []string {
		if !syntax.HasResults(cmd) {
			return nil
		}
		return append(output.Completions(issues(cmd)), syntax.Formats(cmd)...)
	})
	syntax.OfferFor(root, "columns", func(cmd *cobra.Command, text string) []string {
		columns := syntax.Columns(cmd)
		if columns == nil {
			columns = slices.DeleteFunc(provider.Fields(), func(name string) bool { return name == "secret" || name == "details" })
		}
		return next(columns, text)
	})
	syntax.Offer(root, "profile", func(string) []string {
		names, _ := run.Config.Profiles() // none of a file that cannot be read
		return slices.Sorted(slices.Values(names))
	})
	completeRest(root)
}

// next offers the values that may come next in a comma-separated list.
func next(values []string, text string) (offers []string) {
	given := strings.Split(text, ",")
	before := strings.Join(given[:len(given)-1], ",")
	for _, v := range values {
		if !slices.Contains(given[:len(given)-1], v) {
			offers = append(offers, strings.TrimPrefix(before+","+v, ","))
		}
	}
	return offers
}

// completeRest keeps a shell from offering files for flags that take none, offers the
// ways of --verify, and has the shell show the texts of flags as the help does.
func completeRest(cmd *cobra.Command) {
	offer := func(f *pflag.Flag) {
		name, text := pflag.UnquoteUsage(f)
		f.Usage = text
		if _, known := cmd.GetFlagCompletionFunc(f.Name); known {
			return
		}
		switch {
		case f.Name == "verify":
			syntax.Offer(cmd, f.Name, func(string) []string { return []string{"auto", "none", "exec:"} })
		case !strings.Contains(name, "file") && !strings.Contains(name, "path"):
			syntax.Offer(cmd, f.Name, func(string) []string { return nil })
		}
	}
	cmd.LocalNonPersistentFlags().VisitAll(offer)
	cmd.PersistentFlags().VisitAll(offer)
	for _, sub := range cmd.Commands() {
		completeRest(sub)
	}
}
