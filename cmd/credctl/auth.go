package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// authCmd is `credctl auth`.
func (a *app) authCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "auth", Short: "Store, check and remove the tokens that credctl itself uses"}
	group(cmd)
	login := &cobra.Command{Use: "login", Short: "Read a token from the terminal or from standard input, check it, and store it"}
	group(login)
	for _, p := range a.providers() {
		login.AddCommand(a.loginCmd(p))
	}
	cmd.AddCommand(login, a.authStatusCmd(), a.logoutCmd())
	return cmd
}

func (a *app) logoutCmd() *cobra.Command {
	dry := false
	cmd := &cobra.Command{
		Use: "logout VENDOR", Short: "Remove a stored token", Args: exact("VENDOR"), ValidArgs: a.vendorNames(),
		RunE: func(_ *cobra.Command, args []string) error { return a.logout(args[0], dry) },
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would be removed; change nothing")
	return a.answering(cmd, "provider", "profile", "removed", "dry_run", "would_remove")
}

func (a *app) vendorNames() []string { return namesOf(a.providers()) }

func namesOf(vendors []provider.Provider) []string {
	names := make([]string, len(vendors))
	for i, p := range vendors {
		names[i] = p.Name
	}
	return names
}

func (a *app) vendor(name string) (provider.Provider, error) {
	for _, p := range a.providers() {
		if p.Name == name {
			return p, nil
		}
	}
	err := provider.Usage("there is no vendor %q", name)
	if near := provider.Closest(name, a.vendorNames()); near != "" {
		return provider.Provider{}, provider.Hint(err, "did you mean %s?", near)
	}
	return provider.Provider{}, provider.Hint(err, "there are %s", strings.Join(a.vendorNames(), ", "))
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
			ctx, cancel := context.WithTimeout(cmd.Context(), a.global.timeout)
			defer cancel()
			return a.login(ctx, p, in, base, dry)
		},
	}
	cmd.Flags().StringVar(&base, "base-url", "", fmt.Sprintf("`URL` of the API (default %s)", p.BaseURL))
	cmd.Flags().BoolVar(&dry, "dry-run", false, "try the token; store nothing")
	a.addFlags(cmd.Flags(), in, p.Settings)
	return a.answering(cmd, "provider", "profile", "stored", "dry_run")
}

// otherSecrets names what p takes in place of a token.
func otherSecrets(p provider.Provider) (names []string) {
	for _, param := range p.Settings {
		if i := param.Info(); i.From == provider.File && settingName(i) != tokenKey {
			names = append(names, strings.ReplaceAll(settingName(i), "_", " "))
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
func (a *app) login(ctx context.Context, p provider.Provider, in provider.Input, base string, dry bool) error {
	file, err := a.loadConfig() // a profile that is not there is no reason to ask for a token
	if err != nil {
		return err
	}
	if !secretGiven(p, in) {
		if err := a.needPlain(file, p, in, base); err != nil {
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
			given[settingName(i)] = s.Reveal()
		}
	}
	what, err := a.tryToken(ctx, p, in, base)
	if err != nil {
		return fmt.Errorf("the token was not stored: %w", err)
	}
	if dry {
		return a.answer([]fact{{"provider", p.Name}, {"profile", file.profile}, {"stored", ""}, {"dry_run", true}},
			a.remarking("the token works at %s%s; it would be stored", p.Title, what))
	}
	where, err := a.store(ctx, p.Name, file.profile, given)
	if err != nil {
		return err
	}
	return a.answer([]fact{{"provider", p.Name}, {"profile", file.profile}, {"stored", strings.TrimPrefix(where, "the ")}, {"dry_run", ""}},
		a.remarking("the token works at %s%s; it is stored in %s", p.Title, what, where))
}

// needPlain finds what is missing beside the token, before anybody is asked for
// that. It asks no keyring: a person who types the token already would be seen.
func (a *app) needPlain(file *config, p provider.Provider, in provider.Input, base string) error {
	s, err := a.outside(file, p, in, base)
	if err != nil {
		return err
	}
	for _, found := range s.all {
		if found.info.Required && !found.hidden() && found.from == fromNowhere {
			return needed(p, found.info)
		}
	}
	return nil
}

// readSecrets asks for a token without showing it, or reads it from standard
// input. A person who has none is asked for what p takes in its place.
func (a *app) readSecrets(ctx context.Context, p provider.Provider, in provider.Input) error {
	if !a.interactive() {
		if a.stdinTTY {
			return provider.Hint(provider.Usage("there is nobody to ask for the token"), "give it with --token-file, or on standard input")
		}
		token, err := a.readFile("-", "the token")
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
		isToken := settingName(i) == tokenKey
		if i.From != provider.File || token {
			continue
		}
		question := fmt.Sprintf("%s for %s (not shown", strings.ReplaceAll(settingName(i), "_", " "), p.Title)
		if isToken && others {
			question += "; empty: the " + strings.Join(otherSecrets(p), " and the ")
		}
		answer, err := a.askHidden(ctx, question+"): ")
		switch {
		case err != nil:
			return err
		case answer != "":
			token = isToken
			if err := in.Value(i.Name).Set(answer); err != nil {
				return err
			}
		case !isToken || !others:
			return errDeclined
		}
	}
	return nil
}

// tokenFirst sorts settings so that the token comes before what stands in for it.
func tokenFirst(x, y provider.AnyParam) int {
	order := func(p provider.AnyParam) int {
		return map[bool]int{true: 0, false: 1}[settingName(p.Info()) == tokenKey]
	}
	return order(x) - order(y)
}

// tryToken makes the cheapest request that proves a token, which is for the first
// credential of a listing, and says who that is and what it can do.
func (a *app) tryToken(ctx context.Context, p provider.Provider, in provider.Input, base string) (what string, err error) {
	conn, err := a.connect(ctx, p, in, base)
	if err != nil {
		return "", err
	}
	kind := p.Kinds[0]
	svc, err := kind.Open(conn)
	if err != nil {
		return "", err
	}
	lists := "it may list its " + kind.Title + ", of which there are none yet"
	for _, err := range svc.(provider.Lister).List(ctx, provider.Input{}) {
		if err != nil {
			return "", err
		}
		lists = "it lists " + kind.Title
		break
	}
	var who []string
	for _, param := range p.Settings {
		if i := param.Info(); i.From == provider.Plain && in.Value(i.Name).IsSet() {
			who = append(who, visible.Text(i.Name+" "+in.Value(i.Name).String()))
		}
	}
	return fmt.Sprintf(" (%s)", strings.Join(append(who, lists), ", ")), nil
}

func (a *app) logout(name string, dry bool) error {
	p, err := a.vendor(name)
	if err != nil {
		return err
	}
	a.failed = failure{provider: p.Name, verb: "logout"}
	file, err := a.loadConfig()
	if err != nil {
		return err
	}
	carryOut, said := a.forget, "removed the stored token for %s"
	if dry {
		carryOut, said = a.keeps, "would remove the stored token for %s"
	}
	there, err := carryOut(p.Name, file.profile)
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
	return a.answer([]fact{{"provider", p.Name}, {"profile", file.profile}, {"removed", there && !dry}, {"dry_run", isDry}, {"would_remove", would}},
		a.remarking(said, p.Name))
}
