package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/session"
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/visible"
)

// authCmd is `credctl auth`.
func (a *app) authCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "auth", Short: "Store, check and remove the tokens that credctl itself uses"}
	group(cmd)
	login := &cobra.Command{Use: "login", Short: "Read a token from the terminal or from standard input, check it, and store it"}
	group(login)
	for _, p := range a.config.Vendors() {
		login.AddCommand(a.loginCmd(p))
	}
	cmd.AddCommand(login, a.authStatusCmd(), a.logoutCmd())
	return cmd
}

func (a *app) logoutCmd() *cobra.Command {
	dry := false
	cmd := &cobra.Command{
		Use: "logout VENDOR", Short: "Remove a stored token", Args: exact("VENDOR"), ValidArgs: a.config.Vendors.Names(),
		RunE: func(_ *cobra.Command, args []string) error { return a.logout(args[0], dry) },
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would be removed; change nothing")
	return a.keyValue(cmd, "provider", "profile", "removed", "dry_run", "would_remove")
}

func (a *app) loginCmd(p provider.Provider) *cobra.Command {
	in := provider.NewInput(p.Settings...)
	base, dry := "", false
	long := fmt.Sprintf("Store a token for %s. It is read from the terminal, where it is not shown, or from\nstandard input, tried with one request, and kept in the keyring of the system.", p.Title)
	if others := otherSecrets(p); len(others) > 0 {
		long += fmt.Sprintf("\n\nWhere the answer is empty, it asks for the %s in place of a token.", strings.Join(others, " and the "))
	}
	cmd := &cobra.Command{
		Use: p.Name, Short: "Store a token for " + p.Title, Long: long, Args: exact(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.failed = failure{provider: p.Name, verb: "login"}
			ctx, cancel := context.WithTimeout(cmd.Context(), a.streams.Timeout)
			defer cancel()
			return a.login(ctx, config.Account{Vendor: p, Given: in, BaseURL: base}, dry)
		},
	}
	cmd.Flags().StringVar(&base, "base-url", "", fmt.Sprintf("`URL` of the API (default %s)", p.BaseURL))
	cmd.Flags().BoolVar(&dry, "dry-run", false, "try the token; store nothing")
	a.addFlags(cmd.Flags(), in, p.Settings)
	return a.keyValue(cmd, "provider", "profile", "stored", "dry_run")
}

// otherSecrets names what p takes in place of a token.
func otherSecrets(p provider.Provider) (names []string) {
	for _, param := range p.Settings {
		if i := param.Info(); i.From == provider.File && i.Name != provider.Token.Info().Name {
			names = append(names, strings.ReplaceAll(i.Setting(), "_", " "))
		}
	}
	return names
}

// secretGiven reports whether in has a secret of p.
func secretGiven(p provider.Provider, in provider.Input) bool {
	return slices.ContainsFunc(p.Settings, func(param provider.AnyParam) bool {
		i := param.Info()
		return i.From == provider.File && in.Value(i.Name).IsSet()
	})
}

// login checks a token before it stores it: one that does not work is never kept.
func (a *app) login(ctx context.Context, account config.Account, dry bool) error {
	profile, err := a.config.Profile(account.Profile) // one that is not there is no reason to ask for a token
	if err != nil {
		return err
	}
	p, in := account.Vendor, account.Given
	if !secretGiven(p, in) {
		if err := a.config.CheckPlain(account); err != nil {
			return err
		}
		if err := a.readSecrets(ctx, p, in); err != nil {
			return err
		}
	}
	given := map[string]string{}
	for _, param := range p.Settings {
		i := param.Info()
		if s, ok := provider.SecretOf(in.Value(i.Name)); ok && !s.IsZero() {
			given[i.Setting()] = s.Reveal()
		}
	}
	what, err := a.tryToken(ctx, account)
	if err != nil {
		return fmt.Errorf("the token was not stored: %w", err)
	}
	if dry {
		return a.answer([]field{{"provider", p.Name}, {"profile", profile.Name}, {"stored", ""}, {"dry_run", true}},
			a.streams.Remarking("the token works at %s%s; it would be stored", p.Title, what))
	}
	where, err := a.config.Store.Save(ctx, p.Name, profile.Name, given)
	if err != nil {
		return err
	}
	return a.answer([]field{{"provider", p.Name}, {"profile", profile.Name}, {"stored", strings.TrimPrefix(where, "the ")}, {"dry_run", ""}},
		a.streams.Remarking("the token works at %s%s; it is stored in %s", p.Title, what, where))
}

// readSecrets asks for a token without showing it, or reads it from standard
// input. A person who has none is asked for what p takes in its place.
func (a *app) readSecrets(ctx context.Context, p provider.Provider, in provider.Input) error {
	if !a.streams.Interactive() {
		if a.streams.InTTY {
			return provider.Hint(provider.Usage("there is nobody to ask for the token"), "give it with --token-file, or on standard input")
		}
		token, err := a.streams.ReadFile("-", "the token")
		if err == nil && token == "" {
			err = provider.Hint(provider.Usage("there is no token on standard input"), "pipe one in, or give --token-file FILE")
		}
		if err != nil {
			return provider.WithClass(provider.ErrUsage, err)
		}
		return in.Value(provider.Token.Info().Name).Set(token)
	}
	token, others := false, len(otherSecrets(p)) > 0
	for _, param := range slices.SortedStableFunc(slices.Values(p.Settings), tokenFirst) {
		i := param.Info()
		isToken := i.Name == provider.Token.Info().Name
		if i.From != provider.File || token {
			continue
		}
		question := fmt.Sprintf("%s for %s (not shown", strings.ReplaceAll(i.Setting(), "_", " "), p.Title)
		if isToken && others {
			question += "; empty: the " + strings.Join(otherSecrets(p), " and the ")
		}
		answer, err := a.streams.AskHidden(ctx, question+"): ")
		switch {
		case err != nil:
			return err
		case answer != "":
			token = isToken
			if err := in.Value(i.Name).Set(answer); err != nil {
				return err
			}
		case !isToken || !others:
			return term.ErrDeclined
		}
	}
	return nil
}

// tokenFirst sorts settings so that the token comes before what stands in for it.
func tokenFirst(x, y provider.AnyParam) int {
	order := func(p provider.AnyParam) int {
		return map[bool]int{true: 0, false: 1}[p.Info().Name == provider.Token.Info().Name]
	}
	return order(x) - order(y)
}

// tryToken makes the cheapest requests that prove a token, each for the first
// credential of a kind's listing, and says who that is and what it can do.
func (a *app) tryToken(ctx context.Context, account config.Account) (what string, err error) {
	conn, err := a.session.Connect(ctx, account)
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

func (a *app) logout(name string, dry bool) error {
	p, err := a.config.Vendors.Find(name)
	if err != nil {
		return err
	}
	a.failed = failure{provider: p.Name, verb: "logout"}
	profile, err := a.config.Profile(nil)
	if err != nil {
		return err
	}
	carryOut, said := a.config.Store.Delete, "removed the stored token for %s"
	if dry {
		carryOut, said = a.config.Store.Exists, "would remove the stored token for %s"
	}
	there, err := carryOut(p.Name, profile.Name)
	if err != nil {
		return err
	}
	if !there {
		said = "there was no stored token for %s"
	}
	var isDry, would any = "", ""
	if dry {
		isDry, would = true, there
	}
	return a.answer([]field{{"provider", p.Name}, {"profile", profile.Name}, {"removed", there && !dry}, {"dry_run", isDry}, {"would_remove", would}},
		a.streams.Remarking(said, p.Name))
}
