// Package call makes a command of a verb of a kind: what the verbs of all vendors
// have in common on the command line.
package call

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/bulk"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/journal"
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

	selection selection
	parallel  int
	dryRun    bool
}

// A Chooser returns the ID of the credential that is meant, of one or more with the
// name of --name. "" means that none is meant more than another.
type Chooser func(ctx context.Context, named []provider.Credential) (id string, err error)

// A Spec is what is particular to a verb.
type Spec struct {
	Name     string // of the command; "": that of the verb
	Operands string // as the use line has them; "": none. They are IDs.
	Short    string // %s is the noun of the kind
	Args     cobra.PositionalArgs

	Parallel     int    // how many IDs are worked on at once by default; 0: there is one
	ParallelNote string // what else that means
	Requests     bool   // a dry run shows the requests
	ShowsSecret  bool   // the result may be a new secret

	Choose Chooser // may be nil

	Flags func(*cobra.Command)                                                // adds further flags
	Check func(ids []string) error                                            // finds what is wrong before a connection is opened
	Do    func(ctx context.Context, svc provider.Service, ids []string) error // carries the verb out, which svc supports

	// NoneNamed is called with the error of a --name that no credential has; what it
	// returns is the error of the command. It may be nil.
	NoneNamed func(name string, err error) error
}

// Command returns the command of c.
func (c *Call) Command(s Spec) *cobra.Command {
	name := cmp.Or(s.Name, string(c.Verb))
	cmd := &cobra.Command{
		Use:     name + s.Operands,
		Short:   fmt.Sprintf(s.Short, noun(c.Kind)),
		Example: c.Kind.Examples[c.Verb],
		Args:    s.Args,
		RunE: func(cmd *cobra.Command, args []string) error {
			about := aboutVerb(c, name)
			if len(args) == 1 {
				about.ID = args[0]
			}
			return about.Wrap(c.run(cmd, s, args))
		},
	}
	if why := c.Kind.Unsupported[c.Verb]; why != "" && !slices.Contains(c.Kind.Verbs, c.Verb) {
		cmd.Hidden = true
		cmd.Long = Sentence(why)
		cmd.Args = cobra.ArbitraryArgs
		cmd.FParseErrWhitelist.UnknownFlags = true
		return cmd
	}
	cmd.Long = long(c.Kind, provider.Verb(name), cmd.Short)
	c.In = provider.NewInput(c.Kind.Params[c.Verb]...)
	c.addFlags(cmd, s)
	c.complete(cmd, s.Operands != "")
	for _, p := range c.Kind.Needs[c.Verb] {
		syntax.Need(cmd, p.Info().Name)
	}
	return cmd
}

// addFlags adds the flags of the verb.
func (c *Call) addFlags(cmd *cobra.Command, s Spec) {
	f := cmd.Flags()
	c.Run.Flags.Add(f, c.In, c.Kind.Params[c.Verb])
	if s.Requests {
		f.BoolVar(&c.dryRun, "dry-run", false, "show the requests; change nothing")
	}
	if s.Operands != "" {
		f.StringVar(&c.selection.name, nameFlag, "", "select by `name`")
	}
	if s.Parallel > 0 {
		f.IntVar(&c.parallel, "parallel", s.Parallel, fmt.Sprintf("`number` of credentials%s at once, up to %d", s.ParallelNote, bulk.MaxParallel))
	}
	if s.ShowsSecret && slices.Contains(c.Kind.Issues, c.Verb) {
		c.Run.AddSecretFlags(f)
	}
	if s.Flags != nil {
		s.Flags(cmd)
	}
}

// About is what errors of c are about.
func (c *Call) About() exit.About { return aboutVerb(c, string(c.Verb)) }

func aboutVerb(c *Call, verb string) exit.About {
	if !hangsOnVendor(c) {
		verb = c.Kind.Name + " " + verb
	}
	return exit.About{Provider: c.Provider.Name, Verb: verb}
}

// hangsOnVendor reports whether the verbs of the kind are commands of the vendor itself.
func hangsOnVendor(c *Call) bool { return c.Kind.Name == c.Provider.Kinds[0].Name }

// EventOf is what the audit trail says of the verb of c for one credential.
func EventOf(c *Call, id, result string) journal.Event {
	return journal.Event{Provider: c.Provider.Name, Kind: c.Kind.Name, Verb: string(c.Verb), ID: id, Result: result}
}

// Line is how the user calls a verb of the same kind.
func (c *Call) Line(v provider.Verb) string {
	words := []string{"credctl", c.Provider.Name}
	if !hangsOnVendor(c) {
		words = append(words, c.Kind.Name)
	}
	return strings.Join(append(words, string(v)), " ")
}

// Fits refuses an output format that cannot hold a new secret, in the account of c.
func Fits(ctx context.Context, c *Call, reveal bool) (err error) {
	if c.Kind.Shape, err = c.Run.Config.Shape(ctx, c.Account(), c.Kind); err != nil {
		return err
	}
	return c.Run.Results.Fits(c.Kind.Shape, reveal)
}

// Account is what the command line says of the vendor.
func (c *Call) Account() config.Account {
	return config.Account{Vendor: c.Provider, Given: c.Settings, BaseURL: *c.BaseURL}
}

// Issues reports whether c issues a secret that cannot be retrieved later.
func (c *Call) Issues() bool {
	return slices.Contains(c.Kind.Issues, c.Verb) && (c.Kind.IssuesNone == nil || !c.Kind.IssuesNone(c.Verb, c.In))
}

// Several reports whether the results of these IDs are an array: IDs from standard
// input give one for any number.
func (c *Call) Several(ids []string) bool { return len(ids) > 1 || c.selection.listed }

// Runner returns what works on several IDs at once. The requests of a dry run are
// shown in the order of the IDs, and what it does not send is no error.
func (c *Call) Runner() bulk.Runner {
	r := bulk.Runner{Parallel: c.parallel, Streams: c.Run.Streams}
	if d := c.Run.DryRun; d != nil {
		r.Parallel, r.Forgive = 1, d.Forgive
	}
	return r
}
