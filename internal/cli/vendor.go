package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/call"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/rotations"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/cli/verbs"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// vendor returns the command of a vendor: the verbs of its first kind, and a
// command with verbs for each further one. Unless it is full, it is only what the
// help of its parent shows.
func vendor(run *invocation.Invocation, p provider.Provider, full bool) *cobra.Command {
	cmd := &cobra.Command{Use: p.Name, Short: p.Title, GroupID: syntax.VendorGroup}
	syntax.Group(cmd)
	if !full {
		return cmd
	}
	settings := provider.NewInput(p.Settings...)
	base := cmd.PersistentFlags().String("base-url", "", fmt.Sprintf("`URL` of the API (default %s)", p.BaseURL))
	run.Flags.Add(cmd.PersistentFlags(), settings, p.Settings)
	completeSettings(cmd, call.Completer{Call: &call.Call{Run: run, Provider: p, Kind: p.Kinds[0], Verb: provider.List, Settings: settings, BaseURL: base}})
	for i, k := range p.Kinds {
		to := cmd
		if i > 0 {
			to = &cobra.Command{Use: k.Name, Short: "Manage " + k.Title}
			syntax.Group(to)
			cmd.AddCommand(to)
		}
		for _, v := range provider.Verbs() {
			to.AddCommand(verb(&call.Call{Run: run, Provider: p, Kind: k, Verb: v, Settings: settings, BaseURL: base}))
		}
		if slices.Contains(k.Verbs, provider.Get) {
			to.AddCommand(verbs.Wait(&call.Call{Run: run, Provider: p, Kind: k, Verb: provider.Get, Settings: settings, BaseURL: base}))
		}
	}
	return cmd
}

// hintVendor adds to the error of a verb before its vendor, or without one, the commands of
// the vendors that can have the ID it was given. With a vendor, what cannot be an ID of it is
// a name.
func hintVendor(vendors []provider.Provider, args []string, err error) error {
	verb := provider.Verb(syntax.VerbNamed(args[0]))
	if err == nil || len(args) < 2 || len(args) > 3 || verb == "" || verb == provider.Create {
		return err
	}
	if verb == provider.List { // which takes no ID
		verb = provider.Get
	}
	var lines []string
	for _, p := range vendors {
		check := p.Kinds[0].CheckID
		switch {
		case check == nil:
		case len(args) == 2 && check(args[1]) == nil:
			lines = append(lines, fmt.Sprintf("credctl %s %s %s", p.Name, verb, quote.Word(args[1])))
		case len(args) == 3 && args[1] == p.Name && check(args[2]) != nil:
			lines = append(lines, fmt.Sprintf("credctl %s %s --name %s", p.Name, verb, quote.Word(args[2])))
		}
	}
	if len(lines) == 0 {
		return err
	}
	return provider.Hint(err, "run: %s", strings.Join(lines, ", or: "))
}

// completeSettings completes the flags of a vendor's settings.
func completeSettings(cmd *cobra.Command, shell call.Completer) {
	for _, p := range shell.Call.Provider.Settings {
		if i := p.Info(); i.From == provider.Plain {
			syntax.Offer(cmd, i.Name, func(text string) []string { return shell.Values(context.Background(), i.Name, text) })
		}
	}
}

// verb returns the command of a verb.
func verb(c *call.Call) *cobra.Command {
	switch c.Verb {
	case provider.List:
		return verbs.List(c)
	case provider.Get:
		return verbs.Get(c)
	case provider.Create:
		return verbs.Create(c)
	case provider.Update:
		return verbs.Update(c)
	case provider.Delete:
		return verbs.Delete(c)
	case provider.Rotate:
		return rotations.Rotate(c)
	case provider.Generate:
		return verbs.Generate(c)
	}
	return nil
}
