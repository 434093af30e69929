package call

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/bulk"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
)

// run carries out c. Whatever can be wrong without asking the vendor is found
// before a connection is opened.
func (c *Call) run(cmd *cobra.Command, s Spec, args []string) error {
	ids, err := c.check(cmd, s, args)
	if err != nil && len(ids) == 1 && !c.selection.listed {
		return hintInvalid(c, cmd, ids[0], err)
	}
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
	if err := c.checkNeeds(); err != nil {
		return err
	}
	if err := checkAccount(ctx, cmd, c, svc, ids); err != nil {
		return err
	}
	work := func() error { return hintAnswer(c, only(ids), c.do(ctx, svc, s, ids)) }
	if c.dryRun {
		return c.Run.DryRun.Pretend(c.Run.Results, c.Run.Streams, work)
	}
	return work()
}

// only returns the ID, where there is one.
func only(ids []string) string {
	if len(ids) == 1 {
		return ids[0]
	}
	return ""
}

// check returns the IDs among the arguments, if all is well with the command line, or if
// all that is wrong is one of them.
func (c *Call) check(cmd *cobra.Command, s Spec, args []string) ([]string, error) {
	if !slices.Contains(c.Kind.Verbs, c.Verb) {
		why, instead, _ := strings.Cut(c.Kind.Unsupported[c.Verb], "; ")
		return nil, provider.Hint(provider.Usage("%s", why), "%s", instead)
	}
	if s.Operands != "" {
		if err := c.selection.check(c, cmd.Flags().Changed(nameFlag), args); err != nil {
			return nil, err
		}
	}
	if missing := syntax.Missing(c.In, c.Kind.Params[c.Verb]); len(missing) > 0 {
		settings, err := missingSettings(c)
		if err != nil {
			return nil, err
		}
		return nil, syntax.MissingFlags(cmd, append(missing, settings...)...)
	}
	ids, err := c.selection.readIDs(c, args)
	if err != nil {
		return ids, err
	}
	if s.Parallel > 0 && (c.parallel < 1 || c.parallel > bulk.MaxParallel) {
		return nil, provider.Usage("--parallel must be between 1 and %d", bulk.MaxParallel)
	}
	if s.Check != nil {
		if err := s.Check(ids); err != nil {
			return nil, err
		}
	}
	if c.dryRun && len(c.Run.Results.Columns) > 0 {
		return nil, provider.Hint(provider.Usage("--columns cannot be combined with --dry-run, which shows requests"), "leave out --columns")
	}
	if !slices.Contains(c.Kind.Issues, c.Verb) || !s.ShowsSecret {
		if err := c.Run.Results.NotIssued(cmp.Or(s.Name, string(c.Verb))); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// missingSettings returns the flags of settings that the verb needs, and that nothing gives
// or the command line gives an empty value.
func missingSettings(c *Call) (flags []string, err error) {
	account := c.Account()
	account.Given = account.Given.Clone()
	for _, p := range c.Provider.Settings {
		i := p.Info()
		needed := i.Required || slices.ContainsFunc(c.Kind.Needs[c.Verb], func(n provider.AnyParam) bool { return n.Info().Name == i.Name })
		if v := account.Given.Value(i.Name); needed && i.From == provider.Plain && v.IsSet() && v.String() == "" {
			v.Clear()
			flags = append(flags, "--"+i.Name)
		}
	}
	others, err := c.Run.Config.Missing(account, c.Kind.Needs[c.Verb])
	for _, flag := range others {
		if !slices.Contains(flags, flag) {
			flags = append(flags, flag)
		}
	}
	return flags, err
}

// checkNeeds finds the settings that the verb needs and that nothing gives.
func (c *Call) checkNeeds() error {
	var missing []provider.ParamInfo
	for _, p := range c.Kind.Needs[c.Verb] {
		if i := p.Info(); !c.Settings.Value(i.Name).IsSet() || c.Settings.Value(i.Name).String() == "" {
			missing = append(missing, i)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return setting.Missing(c.Provider.Name, missing...)
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

// do carries out the verb for the IDs, or for the credential that --name selects.
func (c *Call) do(ctx context.Context, svc provider.Service, s Spec, ids []string) error {
	if s.Operands == "" {
		return s.Do(ctx, svc, nil)
	}
	if len(ids) == 0 && c.selection.listed {
		c.Run.OnTerminal("No IDs on standard input: nothing to do")
	}
	if len(ids) > 0 || c.selection.listed {
		return hintList(c, hintName(ctx, svc, c, ids, s.Do(ctx, svc, ids)))
	}
	id, err := c.selection.byName(ctx, svc, c, s.Choose)
	if errors.Is(err, provider.ErrAbsent) && s.NoneNamed != nil {
		return s.NoneNamed(c.selection.name, err)
	}
	if err != nil {
		return err
	}
	return exit.About{ID: id}.Wrap(s.Do(ctx, svc, []string{id}))
}
