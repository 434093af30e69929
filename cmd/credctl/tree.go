package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/provider"
)

// providerCmd returns the command of one provider: the verbs of its first kind,
// and a command with verbs for every kind if there are several. Unless it is
// full, it is only what the help of its parent shows.
func (a *app) providerCmd(p provider.Provider, full bool) *cobra.Command {
	cmd := &cobra.Command{Use: p.Name, Short: p.Title, GroupID: "vendors"}
	group(cmd)
	if !full {
		return cmd
	}
	settings := provider.NewInput(p.Settings...)
	base := new(string)
	cmd.PersistentFlags().StringVar(base, "base-url", "", fmt.Sprintf("`URL` of the API (default %s)", p.BaseURL))
	a.addFlags(cmd.PersistentFlags(), settings, p.Settings)
	for i, k := range p.Kinds {
		to := cmd
		if i > 0 {
			to = &cobra.Command{Use: k.Name, Short: "Manage " + k.Title}
			group(to)
			cmd.AddCommand(to)
		}
		for _, v := range provider.Verbs() {
			c := &call{app: a, provider: p, kind: k, verb: v, settings: settings, baseURL: base}
			to.AddCommand(c.cmd())
		}
	}
	return cmd
}

// A call is one verb of one kind, with what the command line gives for it.
type call struct {
	*app
	provider provider.Provider
	kind     provider.Kind
	verb     provider.Verb
	settings provider.Input
	in       provider.Input
	baseURL  *string
	flags    verbFlags

	selection selection
}

// verbFlags are the flags of a verb that are the same for every vendor.
type verbFlags struct {
	force, self   bool
	parallel      int
	dryRun        bool
	to            []string
	insecurePerms bool
	requireSecret bool
	rotate        rotateFlags
}

// command is how the user calls a verb of the kind of c.
func (c *call) command(v provider.Verb) string {
	words := []string{"credctl", c.provider.Name}
	if c.kind.Name != c.provider.Kinds[0].Name { // whose verbs hang on the vendor itself
		words = append(words, c.kind.Name)
	}
	return strings.Join(append(words, string(v)), " ")
}

// issues reports whether c makes a secret that cannot be had again.
func (c *call) issues() bool {
	return slices.Contains(c.kind.Issues, c.verb) && (c.kind.IssuesNone == nil || !c.kind.IssuesNone(c.verb, c.in))
}

// cmd returns the command of c.
func (c *call) cmd() *cobra.Command {
	u := use(c.verb)
	cmd := &cobra.Command{
		Use:   string(c.verb) + u.operands,
		Short: fmt.Sprintf(u.short, c.kind.Title),
		Args:  u.args,
		RunE: func(cmd *cobra.Command, ids []string) error {
			c.failed = failure{provider: c.provider.Name, verb: string(c.verb)}
			if len(ids) == 1 {
				c.failed.id = ids[0]
			}
			return c.run(cmd, ids)
		},
	}
	if why := c.kind.Unsupported[c.verb]; why != "" && !slices.Contains(c.kind.Verbs, c.verb) {
		cmd.Short = "(not at this vendor)"
		cmd.Long = why
		cmd.Args = cobra.ArbitraryArgs
		cmd.FParseErrWhitelist.UnknownFlags = true
		return cmd
	}
	cmd.Long = c.long(cmd.Short)
	c.in = provider.NewInput(c.kind.Params[c.verb]...)
	c.addFlags(cmd.Flags(), c.in, c.kind.Params[c.verb])
	c.complete(cmd, u.operands != "")
	f := cmd.Flags()
	if slices.Contains(c.kind.Issues, c.verb) || c.verb == provider.Rotate {
		f.StringArrayVar(&c.flags.to, "to", nil, "deliver the new secret to this `destination`: file:PATH, json:PATH, dotenv:PATH, aws:PROFILE[@PATH], losant:APPLICATION/CREDENTIAL, exec:CMD; may be repeated")
		f.BoolVar(&c.flags.insecurePerms, "allow-insecure-perms", false, "write to a destination file that others can read")
	}
	if slices.Contains(c.kind.Issues, c.verb) && c.verb != provider.Rotate { // which waits for the secret
		f.BoolVar(&c.flags.requireSecret, "require-secret", false, "exit with 8 when the vendor returns no secret")
	}
	if c.verb == provider.Rotate {
		c.flags.rotate.add(f)
		withColumns(cmd, rotationColumns())
	}
	if c.verb == provider.Delete {
		f.BoolVar(&c.flags.force, "force", false, "delete also what is in use, was used within a day or was delivered somewhere, and more than five at once")
		f.BoolVar(&c.flags.self, "self", false, "delete also the credential that credctl itself signs with")
		withColumns(cmd, resultColumns())
	}
	switch c.verb {
	case provider.Create, provider.Update, provider.Delete, provider.Generate:
		f.BoolVar(&c.flags.dryRun, "dry-run", false, "show the request that would be sent, its secrets redacted; send only what changes nothing")
	case provider.List, provider.Get, provider.Rotate: // rotate has a plan to show
	}
	if c.takesIDs() && c.in.Value(provider.Name.Info().Name) == nil {
		f.StringVar(&c.selection.name, "name", "", "the one with this `name`, in place of an ID")
	}
	if c.bulk() {
		most, what := 4, "how many to work on at once"
		if c.verb == provider.Rotate { // hooks and stores may not expect others beside them
			most, what = 1, what+", and so how many hooks may run"
		}
		f.IntVar(&c.flags.parallel, "parallel", most, fmt.Sprintf("%s, from 1 to %d", what, mostParallel))
	}
	return cmd
}

func (c *call) long(short string) string {
	parts := []string{short + "."}
	for _, s := range []string{c.kind.Help[c.verb], sentence(c.kind.Effects[c.verb])} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(append(parts, "Exit statuses are explained by `credctl help exit-codes`."), "\n\n")
}

// sentence makes a sentence of a clause.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	s = strings.TrimSuffix(s, ".") + "."
	word, _, _ := strings.Cut(s, " ")
	if strings.ContainsAny(word, "_-0123456789") { // an ID is written as it is
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// usage is what is said of a verb, and its operands.
type usage struct {
	operands, short string
	args            cobra.PositionalArgs
}

func use(v provider.Verb) usage {
	switch v {
	case provider.List:
		return usage{"", "List %s", exact()}
	case provider.Get:
		return usage{" [ID... | -]", "Show some of the %s", nil}
	case provider.Create:
		return usage{"", "Issue one of the %s", exact()}
	case provider.Update:
		return usage{" [ID... | -]", "Change some of the %s", nil}
	case provider.Delete:
		return usage{" [ID... | -]", "Delete, and so revoke, some of the %s", nil}
	case provider.Rotate:
		return usage{" [ID... | -]", "Replace some of the %s without losing a secret or cutting off a consumer", nil}
	case provider.Generate:
		return usage{" [ID]", "Make new secret material for one of the %s", atMostOne("ID")}
	}
	return usage{}
}
