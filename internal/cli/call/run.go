package call

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/bulk"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
)

// run carries out c. Whatever can be wrong without asking the vendor is found
// before a connection is opened.
func (c *Call) run(cmd *cobra.Command, s Spec, args []string) error {
	ids, err := c.check(s, args)
	if err != nil {
		return err
	}
	if c.dryRun {
		c.Run.StartDryRun()
	}
	if len(ids) > 1 && !cmd.Flags().Changed("max-wait") {
		c.Run.Session.MaxWait = bulk.Window
	}
	ctx, cancel := c.Run.Limit(cmd)
	defer cancel()
	svc, err := c.open(ctx)
	if err != nil {
		return err
	}
	work := func() error { return c.do(ctx, svc, s, ids) }
	if c.dryRun {
		return c.Run.DryRun.Pretend(c.Run.Results, c.Run.Streams, work)
	}
	return work()
}

// check returns the IDs among the arguments, if all is well with the command line.
func (c *Call) check(s Spec, args []string) ([]string, error) {
	if !slices.Contains(c.Kind.Verbs, c.Verb) {
		return nil, provider.Usage("%s has no %s: %s", c.Provider.Name, c.Verb, c.Kind.Unsupported[c.Verb])
	}
	if len(args) == 0 && s.Operands != "" && !c.hasName() {
		return nil, provider.Usage("it needs an ID, - for IDs on standard input, or --name NAME")
	}
	if err := syntax.Missing(c.In, c.Kind.Params[c.Verb]); err != nil {
		return nil, err
	}
	ids, err := readIDs(c.Run.Streams, c.Kind, args)
	if err != nil {
		return nil, err
	}
	if s.Parallel > 0 && (c.parallel < 1 || c.parallel > bulk.MaxParallel) {
		return nil, provider.Usage("--parallel must be from 1 to %d", bulk.MaxParallel)
	}
	if s.Check != nil {
		if err := s.Check(ids); err != nil {
			return nil, err
		}
	}
	if c.dryRun && len(c.Run.Results.Columns) > 0 {
		return nil, provider.Usage("--columns does not go with --dry-run, which shows requests and no credentials")
	}
	if !s.ShowsSecret {
		return ids, c.Run.Results.NotIssued(string(c.Verb))
	}
	return ids, nil
}

// open resolves the settings of c's vendor and opens its kind.
func (c *Call) open(ctx context.Context) (provider.Service, error) {
	conn, err := c.Run.Session.Connect(ctx, c.Account())
	if err != nil {
		return nil, err
	}
	c.Settings = conn.Settings
	return conn.Open(c.Kind)
}

// do carries out the verb for the IDs, or for the credential that is named.
func (c *Call) do(ctx context.Context, svc provider.Service, s Spec, ids []string) error {
	if s.Operands == "" {
		return s.Do(ctx, svc, nil)
	}
	if len(ids) > 0 {
		if c.name != "" {
			return provider.Usage("name the credentials by ID or with --name, not both")
		}
		return s.Do(ctx, svc, ids)
	}
	id, err := c.byName(ctx, svc, c.takeName())
	if err != nil {
		return err
	}
	return exit.About{ID: id}.Wrap(s.Do(ctx, svc, []string{id}))
}
