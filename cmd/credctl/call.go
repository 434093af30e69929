package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
)

// run carries out c. Whatever can be wrong without asking the vendor is found
// before a connection is opened.
func (c *call) run(cmd *cobra.Command, args []string) error {
	if !slices.Contains(c.kind.Verbs, c.verb) {
		return provider.Usage("%s has no %s: %s", c.provider.Name, c.verb, c.kind.Unsupported[c.verb])
	}
	if err := c.needOperand(args); err != nil {
		return err
	}
	if err := missing(c.in, c.kind.Params[c.verb]); err != nil {
		return err
	}
	ids, err := c.operands(args)
	if err != nil {
		return err
	}
	if c.verb == provider.Generate && len(ids) > 1 {
		return provider.Usage("generate takes one ID, but got %d: the new secrets could not be told apart", len(ids))
	}
	if p := c.flags.parallel; c.bulk() && (p < 1 || p > mostParallel) {
		return provider.Usage("--parallel must be from 1 to %d", mostParallel)
	}
	if err := c.checkOutput(); err != nil {
		return err
	}
	if c.flags.dryRun || c.flags.rotate.dryRun {
		c.startDryRun()
	}
	if len(ids) > 1 && !cmd.Flags().Changed("max-wait") {
		c.session.MaxWait = window
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), c.streams.Timeout)
	defer cancel()
	svc, err := c.open(ctx)
	if err != nil {
		return err
	}
	work := func() error {
		if c.takesIDs() {
			if ids, err = c.selected(ctx, svc, ids); err != nil {
				return err
			}
		}
		return c.carryOut(ctx, svc, ids)
	}
	if c.flags.dryRun {
		return c.pretend(work)
	}
	return work()
}

// bulk reports whether the verb works on several credentials at once.
func (c *call) bulk() bool {
	return c.verb == provider.Get || c.verb == provider.Update || c.verb == provider.Delete || c.verb == provider.Rotate
}

// carryOut does what the verb says. NewKind has checked that svc supports it.
func (c *call) carryOut(ctx context.Context, svc provider.Service, ids []string) error {
	switch c.verb {
	case provider.List:
		return c.printer(false).List(ahead(svc.(provider.Lister).List(ctx, c.in)))
	case provider.Get:
		return c.get(ctx, svc, ids)
	case provider.Update:
		return c.update(ctx, svc, ids)
	case provider.Delete:
		return c.delete(ctx, svc, ids)
	case provider.Create:
		return c.issue(ctx, func(ctx context.Context) (provider.Credential, error) {
			return svc.(provider.Creator).Create(ctx, c.in)
		}, svc)
	case provider.Generate:
		return c.generate(ctx, svc, ids[0])
	case provider.Rotate:
		return c.rotate(ctx, svc, ids)
	}
	return nil
}

func (c *call) checkIDs(ids []string) error {
	if c.kind.CheckID == nil {
		return nil
	}
	for _, id := range ids {
		if err := c.kind.CheckID(id); err != nil {
			return provider.WithClass(provider.ErrUsage, err)
		}
	}
	return nil
}

// checkOutput refuses a format that cannot show what c returns.
func (c *call) checkOutput() error {
	shows := c.verb == provider.Create || c.verb == provider.Generate || c.verb == provider.Rotate
	if c.flags.dryRun && len(c.global.columns) > 0 {
		return provider.Usage("--columns does not go with --dry-run, which shows requests and no credentials")
	}
	if shows {
		return nil
	}
	return c.notIssued(string(c.verb))
}

// account is what the command line says of the vendor.
func (c *call) account() config.Account {
	return config.Account{Vendor: c.provider, Given: c.settings, BaseURL: *c.baseURL}
}

// open resolves the settings of c's vendor and opens its kind.
func (c *call) open(ctx context.Context) (provider.Service, error) {
	conn, err := c.session.Connect(ctx, c.account())
	if err != nil {
		return nil, err
	}
	c.settings = conn.Settings
	return conn.Open(c.kind)
}

// printer writes results as the output flags say.
func (c *call) printer(reveal bool) output.Printer {
	p := c.app.printer()
	p.Reveal, p.Shape = reveal, c.kind.Shape
	return p
}

func (a *app) printer() output.Printer {
	return output.Printer{W: a.streams.Out, Format: a.format, NoHeaders: a.global.noHeaders, Terminal: a.streams.OutTTY}
}

// forPrograms reports whether errors are written as JSON.
func (a *app) forPrograms() bool {
	return output.AsksJSON(a.global.output) || a.global.jq != ""
}

// forPeople reports whether results are tables.
func (a *app) forPeople() bool { return a.format.ForPeople() }
