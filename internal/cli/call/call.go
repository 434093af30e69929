// Package call makes a command of a verb of a kind: what the verbs of all vendors
// have in common on the command line.
package call

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/bulk"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
)

// A Call is one verb of one kind, with what the command line gives for it.
type Call struct {
	Run      *invocation.Invocation
	Provider provider.Provider
	Kind     provider.Kind
	Verb     provider.Verb
	Settings provider.Input // of the vendor; all that are in force, once the kind is open
	In       provider.Input // of the verb
	BaseURL  *string

	name     string // of --name, for verbs that have no parameter of that name
	parallel int
	dryRun   bool
}

// A Spec is what is particular to a verb.
type Spec struct {
	Operands string // as the use line has them; "": none. They are IDs.
	Short    string // %s is the kind
	Args     cobra.PositionalArgs

	Parallel     int    // how many IDs are worked on at once unless the user says something else; 0: there is one
	ParallelNote string // what else that means
	Requests     bool   // a dry run shows the requests
	ShowsSecret  bool   // the result may be a new secret

	Flags func(*cobra.Command)                                                // adds further flags
	Check func(ids []string) error                                            // finds what is wrong before a connection is opened
	Do    func(ctx context.Context, svc provider.Service, ids []string) error // carries the verb out, which svc supports
}

// Command returns the command of c.
func (c *Call) Command(s Spec) *cobra.Command {
	cmd := &cobra.Command{
		Use:   string(c.Verb) + s.Operands,
		Short: fmt.Sprintf(s.Short, c.Kind.Title),
		Args:  s.Args,
		RunE: func(cmd *cobra.Command, args []string) error {
			about := c.About()
			if len(args) == 1 {
				about.ID = args[0]
			}
			return about.Wrap(c.run(cmd, s, args))
		},
	}
	if why := c.Kind.Unsupported[c.Verb]; why != "" && !slices.Contains(c.Kind.Verbs, c.Verb) {
		cmd.Short = "(not at this vendor)"
		cmd.Long = why
		cmd.Args = cobra.ArbitraryArgs
		cmd.FParseErrWhitelist.UnknownFlags = true
		return cmd
	}
	cmd.Long = long(c.Kind, c.Verb, cmd.Short)
	c.In = provider.NewInput(c.Kind.Params[c.Verb]...)
	f := cmd.Flags()
	c.Run.Flags.Add(f, c.In, c.Kind.Params[c.Verb])
	c.complete(cmd, s.Operands != "")
	if s.Requests {
		f.BoolVar(&c.dryRun, "dry-run", false, "show the request that would be sent, its secrets redacted; send only what changes nothing")
	}
	if s.Operands != "" && c.In.Value(provider.Name.Info().Name) == nil {
		f.StringVar(&c.name, "name", "", "the one with this `name`, in place of an ID")
	}
	if s.Parallel > 0 {
		f.IntVar(&c.parallel, "parallel", s.Parallel, fmt.Sprintf("how many to work on at once%s, from 1 to %d", s.ParallelNote, bulk.MaxParallel))
	}
	if s.Flags != nil {
		s.Flags(cmd)
	}
	return cmd
}

// long is what the help says of a verb.
func long(kind provider.Kind, verb provider.Verb, short string) string {
	parts := []string{short + "."}
	for _, s := range []string{kind.Help[verb], Sentence(kind.Effects[verb])} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(append(parts, "Exit statuses are explained by `credctl help exit-codes`."), "\n\n")
}

// Sentence makes a sentence of a clause.
func Sentence(s string) string {
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

// About is what errors of c are about.
func (c *Call) About() exit.About { return exit.About{Provider: c.Provider.Name, Verb: string(c.Verb)} }

// Line is how the user calls a verb of the same kind.
func (c *Call) Line(v provider.Verb) string {
	words := []string{"credctl", c.Provider.Name}
	if c.Kind.Name != c.Provider.Kinds[0].Name { // whose verbs hang on the vendor itself
		words = append(words, c.Kind.Name)
	}
	return strings.Join(append(words, string(v)), " ")
}

// Account is what the command line says of the vendor.
func (c *Call) Account() config.Account {
	return config.Account{Vendor: c.Provider, Given: c.Settings, BaseURL: *c.BaseURL}
}

// Issues reports whether c issues a secret that cannot be retrieved later.
func (c *Call) Issues() bool {
	return slices.Contains(c.Kind.Issues, c.Verb) && (c.Kind.IssuesNone == nil || !c.Kind.IssuesNone(c.Verb, c.In))
}

// Runner returns what works on several IDs at once. The requests of a dry run are
// shown in the order of the IDs, and what it does not send is no error.
func (c *Call) Runner() bulk.Runner {
	r := bulk.Runner{Parallel: c.parallel, Streams: c.Run.Streams}
	if d := c.Run.DryRun; d != nil {
		r.Parallel, r.Forgive = 1, d.Forgive
	}
	return r
}
