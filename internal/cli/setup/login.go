package setup

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/config/tokenstore"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
)

// login is `credctl auth login`. Without a vendor, it asks for one.
func login(run *invocation.Invocation) *cobra.Command {
	cmd := &cobra.Command{
		Use: "login [VENDOR]", Short: "Check and store a token",
		Long: "Enter the account and the token when asked. credctl checks the token, stores it in the system\n" +
			"keyring, and stores the account in the profile. It sends the token only to the server that accepted it.",
		Example: `  credctl auth login
  credctl auth login katapult --org acme
  pass show katapult | credctl auth login katapult --org acme`,
	}
	syntax.Group(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			_, err := run.Config.Vendors.Find(args[0]) // a vendor is a command of its own
			if len(args[0]) > 10 && !strings.HasPrefix(provider.HintOf(err), "did you mean") {
				return noToken(cmd, args)
			}
			return err
		}
		ctx, cancel := run.Limit(cmd)
		defer cancel()
		p, err := chooseVendor(ctx, run)
		if err != nil {
			return exit.About{Group: "auth", Verb: "login"}.Wrap(err)
		}
		account := config.Account{Vendor: p, Given: provider.NewInput(p.Settings...)}
		return exit.About{Group: "auth", Provider: p.Name, Verb: "login"}.Wrap(logIn(ctx, run, account, false))
	}
	keyValue(cmd, run.Results, loginHeads())
	for _, p := range run.Config.Vendors() {
		cmd.AddCommand(loginTo(run, p))
	}
	return cmd
}

// loginTo is `credctl auth login VENDOR`.
func loginTo(run *invocation.Invocation, p provider.Provider) *cobra.Command {
	in := provider.NewInput(p.Settings...)
	base, dry := "", false
	long := fmt.Sprintf("Reads a token from the terminal or from standard input, checks it with one request, and stores\nit in the system keyring. The account is stored in the profile.\n\nGet a token from %s:\n\n%s\n\nIt needs: %s.", p.Login.Where, p.Login.URL, p.Login.Scopes)
	if others := otherSecrets(p); len(others) > 0 {
		long += fmt.Sprintf("\n\nLeave the token empty to enter the %s instead.", strings.Join(others, " and the "))
	}
	cmd := &cobra.Command{
		Use: p.Name, Short: "Store a token for " + setting.Brand(p.Name), Long: long, Args: noToken,
		Example: fmt.Sprintf(`# Store the token that is in a file
credctl auth login %s --token-file token --yes

# Check a token from standard input, store nothing
credctl auth login %[1]s --dry-run <token`, p.Name),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := run.Limit(cmd)
			defer cancel()
			err := logIn(ctx, run, config.Account{Vendor: p, Given: in, BaseURL: base}, dry)
			return exit.About{Group: "auth", Provider: p.Name, Verb: "login"}.Wrap(err)
		},
	}
	cmd.Flags().StringVar(&base, "base-url", "", fmt.Sprintf("`URL` of the API (default %s)", p.BaseURL))
	cmd.Flags().BoolVar(&dry, "dry-run", false, "check the token; store nothing")
	run.Flags.Add(cmd.Flags(), in, p.Settings)
	return keyValue(cmd, run.Results, loginHeads())
}

func loginHeads() []string {
	return []string{"provider", "profile", "account", "id", "stored", "dry_run"}
}

// noToken refuses operands, without showing them: the first may be the token.
func noToken(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := provider.Usage("unexpected argument: tokens cannot be passed as arguments, because other users can read them")
	return provider.Hint(err, "pass --token-file FILE, or leave out the token to be asked for it")
}

// logIn checks a token before it stores it: one that does not work is never stored.
func logIn(ctx context.Context, run *invocation.Invocation, account config.Account, dry bool) error {
	profile, err := run.Config.Profile(account.Profile) // before a token is asked for
	if err != nil {
		return err
	}
	if account, err = askAccount(ctx, run, account); err != nil {
		return err
	}
	if err := readSecrets(ctx, run.Streams, account); err != nil {
		return err
	}
	if err := chooseAccount(ctx, run, account); err != nil {
		return badToken(account.Vendor, err)
	}
	checked, err := tryToken(ctx, run.Session, account)
	if err != nil {
		return badToken(account.Vendor, err)
	}
	if !dry { // it may write the identity of the journal
		checked.ids = checked.conn.TokenIDs(ctx)
	}
	p, in := account.Vendor, cmp.Or(profile.Name, "default")
	answer := func(sentence func() error, where string, dryRun any) error {
		return run.Results.Answer(loginHeads(), sentence, p.Name, profile.Name, checked.account, strings.Join(slices.Collect(maps.Values(checked.ids)), ", "), where, dryRun)
	}
	if dry {
		return answer(run.Streams.Remarking("The %s token works (%s). Would store it for profile %s", setting.Brand(p.Name), checked, in), "", true)
	}
	trail, err := run.Trail()
	if err != nil {
		return err
	}
	where, err := run.Config.Store.Save(ctx, tokenstore.Login{
		Vendor: p.Name, Profile: profile.Name, Account: checked.account, Origin: config.Origin(checked.baseURL), Secrets: secretsOf(account), IDs: checked.ids,
	})
	if err = trail.Add(journal.Event{Verb: "login", Provider: p.Name, Profile: in, Result: "stored"}, err); err != nil {
		return err
	}
	file, err := run.Config.SaveAccount(ctx, account)
	if err != nil {
		return fmt.Errorf("stored the token in %s, but could not store the account: %w", where, err)
	}
	said := fmt.Sprintf("The %s token works (%s). Stored it in %s for profile %s", setting.Brand(p.Name), checked, where, in)
	if file != "" {
		said += ", and the account in " + file
	}
	return answer(func() error {
		run.Streams.Remark("%s", said)
		run.Streams.Remark("Try: %s", p.Login.Try)
		return nil
	}, strings.TrimPrefix(where, "the "), "")
}

// secretsOf returns the secret settings that are given for an account, by name.
func secretsOf(a config.Account) map[string]provider.Secret {
	given := map[string]provider.Secret{}
	for _, param := range a.Vendor.Settings {
		i := param.Info()
		if s, ok := provider.SecretOf(a.Given.Value(i.Name)); ok && !s.IsZero() {
			given[i.Setting()] = s
		}
	}
	return given
}
