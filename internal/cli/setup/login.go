package setup

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/session"
	"github.com/credctl/credctl/internal/visible"
)

// loginTo is `credctl auth login VENDOR`.
func loginTo(run *invocation.Invocation, p provider.Provider) *cobra.Command {
	in := provider.NewInput(p.Settings...)
	base, dry := "", false
	long := fmt.Sprintf("Store a token for %s. It is read from the terminal, where it is not shown, or from\nstandard input, tried with one request, and kept in the keyring of the system.", p.Title)
	if others := otherSecrets(p); len(others) > 0 {
		long += fmt.Sprintf("\n\nWhere the answer is empty, it asks for the %s in place of a token.", strings.Join(others, " and the "))
	}
	cmd := &cobra.Command{
		Use: p.Name, Short: "Store a token for " + p.Title, Long: long, Args: syntax.Exact(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := run.Limit(cmd)
			defer cancel()
			err := login(ctx, run, config.Account{Vendor: p, Given: in, BaseURL: base}, dry)
			return exit.About{Provider: p.Name, Verb: "login"}.Wrap(err)
		},
	}
	cmd.Flags().StringVar(&base, "base-url", "", fmt.Sprintf("`URL` of the API (default %s)", p.BaseURL))
	cmd.Flags().BoolVar(&dry, "dry-run", false, "try the token; store nothing")
	run.Flags.Add(cmd.Flags(), in, p.Settings)
	return keyValue(cmd, run.Results, loginHeads())
}

func loginHeads() []string { return []string{"provider", "profile", "stored", "dry_run"} }

// login checks a token before it stores it: one that does not work is never kept.
func login(ctx context.Context, run *invocation.Invocation, account config.Account, dry bool) error {
	profile, err := run.Config.Profile(account.Profile) // one that is not there is no reason to ask for a token
	if err != nil {
		return err
	}
	p, in := account.Vendor, account.Given
	if !secretGiven(p, in) {
		if err := run.Config.CheckPlain(account); err != nil {
			return err
		}
		if err := readSecrets(ctx, run.Streams, p, in); err != nil {
			return err
		}
	}
	given := map[string]provider.Secret{}
	for _, param := range p.Settings {
		i := param.Info()
		if s, ok := provider.SecretOf(in.Value(i.Name)); ok && !s.IsZero() {
			given[i.Setting()] = s
		}
	}
	what, err := tryToken(ctx, run.Session, account)
	if err != nil {
		return fmt.Errorf("the token was not stored: %w", err)
	}
	if dry {
		works := run.Streams.Remarking("the token works at %s%s; it would be stored", p.Title, what)
		return run.Results.Answer(loginHeads(), works, p.Name, profile.Name, "", true)
	}
	where, err := run.Config.Store.Save(ctx, p.Name, profile.Name, given)
	if err != nil {
		return err
	}
	stored := run.Streams.Remarking("the token works at %s%s; it is stored in %s", p.Title, what, where)
	return run.Results.Answer(loginHeads(), stored, p.Name, profile.Name, strings.TrimPrefix(where, "the "), "")
}

// tryToken makes the cheapest requests that prove a token, each for the first
// credential of a kind's listing, and says who that is and what it can do.
func tryToken(ctx context.Context, s *session.Session, account config.Account) (what string, err error) {
	conn, err := s.Connect(ctx, account)
	if err != nil {
		return "", err
	}
	var said []string
	for _, param := range account.Vendor.Settings {
		if i := param.Info(); i.From == provider.Plain && conn.Settings.Value(i.Name).IsSet() {
			said = append(said, visible.Text(i.Name+" "+conn.Settings.Value(i.Name).String()))
		}
	}
	listings, err := conn.Listings()
	for _, l := range listings {
		lists, err := tryList(ctx, l)
		if err != nil {
			return "", err
		}
		said = append(said, lists)
	}
	return fmt.Sprintf(" (%s)", strings.Join(said, ", ")), err
}

// tryList says whether a token lists a kind.
func tryList(ctx context.Context, l session.Listing) (string, error) {
	for _, err := range l.List(ctx, provider.Input{}) {
		return "it lists " + l.Kind.Title, err
	}
	return "it may list its " + l.Kind.Title + ", of which there are none yet", nil
}
