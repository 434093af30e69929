package call

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/deliver"
)

// AddDelivery adds the flags that say where a new secret is delivered, and the
// destinations to the help of cmd.
func AddDelivery(cmd *cobra.Command, schemes []deliver.Scheme, to *[]string, insecurePerms *bool) {
	f := cmd.Flags()
	f.StringArrayVar(to, "to", nil, "`destination` of the new secret, such as file:PATH; repeatable")
	f.BoolVar(insecurePerms, "allow-insecure-perms", false, "write to a destination file that others can read")
	CompleteTo(cmd, schemes)
	cmd.Long += "\n\nDestinations for --to:\n\n" + list(schemes)
}

// CompleteTo offers the destinations for --to.
func CompleteTo(cmd *cobra.Command, schemes []deliver.Scheme) {
	_ = cmd.RegisterFlagCompletionFunc("to", func(_ *cobra.Command, _ []string, text string) ([]string, cobra.ShellCompDirective) {
		if strings.Contains(text, ":") {
			return nil, cobra.ShellCompDirectiveDefault // a path, for most
		}
		var offers []string
		for _, s := range schemes {
			offers = append(offers, fmt.Sprintf("%s:\t%s (%s)", s.Name, s.Title, s.Place))
		}
		return offers, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	}) // it fails only for a flag that is not there
}

// list is a line for each of the schemes.
func list(schemes []deliver.Scheme) string {
	width := 0
	for _, s := range schemes {
		width = max(width, len(s.Name)+1+len(s.Place))
	}
	lines := make([]string, len(schemes))
	for i, s := range schemes {
		lines[i] = fmt.Sprintf("    %-*s  %s", width, s.Name+":"+s.Place, s.Title)
	}
	return strings.Join(lines, "\n")
}
