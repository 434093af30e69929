package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/credctl/credctl/internal/provider"
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
	logout := &cobra.Command{
		Use: "logout VENDOR", Short: "Remove a stored token", Args: exact("VENDOR"), ValidArgs: a.vendorNames(),
		RunE: func(_ *cobra.Command, args []string) error { return a.logout(args[0]) },
	}
	status := &cobra.Command{
		Use: "status [VENDOR]", Short: "Say for each vendor whether there is a token, from where, and whether it works",
		ValidArgs: a.vendorNames(), Args: atMostOne("VENDOR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), a.global.timeout)
			defer cancel()
			return a.authStatus(ctx, args)
		},
	}
	cmd.AddCommand(login, status, logout)
	return cmd
}

func (a *app) vendorNames() []string {
	names := make([]string, len(a.providers()))
	for i, p := range a.providers() {
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
	base := ""
	cmd := &cobra.Command{
		Use: p.Name, Short: "Store a token for " + p.Title, Args: exact(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.failed = failure{provider: p.Name, verb: "login"}
			ctx, cancel := context.WithTimeout(cmd.Context(), a.global.timeout)
			defer cancel()
			return a.login(ctx, p, in, base)
		},
	}
	cmd.Flags().StringVar(&base, "base-url", "", fmt.Sprintf("`URL` of the API (default %s)", p.BaseURL))
	a.addFlags(cmd.Flags(), in, p.Settings)
	return cmd
}

// login checks a token before it stores it: one that does not work is never kept.
func (a *app) login(ctx context.Context, p provider.Provider, in provider.Input, base string) error {
	if !configured(p, in) {
		token, err := a.readToken(p)
		if err != nil {
			return err
		}
		if err := in.Value(provider.Token.Info().Name).Set(token); err != nil {
			return err
		}
	}
	given := stored{}
	for _, param := range p.Settings {
		i := param.Info()
		if s, ok := provider.SecretOf(in.Value(i.Name)); ok && !s.IsZero() {
			given[settingName(i)] = s.Reveal()
		}
	}
	n, err := a.tryToken(ctx, p, in, base)
	if err != nil {
		return fmt.Errorf("the token was not stored: %w", err)
	}
	file, err := a.loadConfig()
	if err != nil {
		return err
	}
	where, err := a.store(p.Name, file.profile, given)
	if err != nil {
		return err
	}
	a.remark("the token works at %s (%s); it is stored in the %s", p.Title, n, where)
	return nil
}

// readToken asks for a token without showing it, or reads it from standard input.
func (a *app) readToken(p provider.Provider) (string, error) {
	if f, ok := a.stdin.(*os.File); ok && a.interactive() {
		fmt.Fprintf(a.stderr, "Token for %s (it is not shown): ", p.Title)
		token, err := term.ReadPassword(int(f.Fd())) //nolint:gosec // G115: a file descriptor is small
		fmt.Fprintln(a.stderr)
		return strings.TrimSpace(string(token)), err
	}
	if a.stdinTTY {
		return "", provider.Usage("--no-input: give the token with --token-file")
	}
	token, err := a.readFile("-", "the token")
	if err == nil && token == "" {
		err = provider.Usage("there is no token on standard input")
	}
	return token, err
}

// tryToken makes the cheapest request that proves a token: the first credential of a listing.
func (a *app) tryToken(ctx context.Context, p provider.Provider, in provider.Input, base string) (what string, err error) {
	conn, err := a.connect(p, in, base)
	if err != nil {
		return "", err
	}
	svc, err := p.Kinds[0].Open(conn)
	if err != nil {
		return "", err
	}
	for _, err := range svc.(provider.Lister).List(ctx, provider.Input{}) {
		if err != nil {
			return "", err
		}
		return "it lists " + p.Kinds[0].Title, nil
	}
	return "there are no " + p.Kinds[0].Title + " yet", nil
}

func (a *app) logout(name string) error {
	p, err := a.vendor(name)
	if err != nil {
		return err
	}
	file, err := a.loadConfig()
	if err != nil {
		return err
	}
	there, err := a.forget(p.Name, file.profile)
	if err != nil {
		return err
	}
	if !there {
		a.remark("there was no stored token for %s", p.Name)
		return nil
	}
	a.remark("removed the stored token for %s", p.Name)
	return nil
}

// An authState is what `credctl auth status` says of a vendor.
type authState struct {
	Vendor     string    `json:"provider"`
	Profile    string    `json:"profile,omitempty"`
	Configured bool      `json:"configured"`
	Source     string    `json:"source,omitempty"`
	Valid      *bool     `json:"valid,omitempty"` // absent: not known
	Expires    time.Time `json:"expires,omitzero"`
	Error      string    `json:"error,omitempty"`
}

// authStatus asks every vendor that is configured, or the one that is named. It
// is an error when one that was asked refuses.
func (a *app) authStatus(ctx context.Context, names []string) error {
	asked := a.providers()
	if len(names) == 1 {
		p, err := a.vendor(names[0])
		if err != nil {
			return err
		}
		asked = []provider.Provider{p}
	}
	states := make([]authState, len(asked))
	rows := make([][]string, len(asked))
	var bad []error
	for i, p := range asked {
		state, err := a.authOf(ctx, p)
		states[i] = state
		rows[i] = state.row()
		if err != nil && (state.Configured || len(names) == 1) {
			bad = append(bad, fmt.Errorf("%s: %w", p.Name, err))
		}
	}
	if err := a.printer().Records([]string{"provider", "profile", "source", "valid", "expires", "error"}, rows, states); err != nil {
		return err
	}
	return errors.Join(bad...)
}

func (a *app) authOf(ctx context.Context, p provider.Provider) (authState, error) {
	state := authState{Vendor: p.Name}
	in := provider.NewInput(p.Settings...)
	file, err := a.loadConfig()
	if err != nil {
		return state, err
	}
	state.Profile = file.profile
	_, found, err := a.settle(p, in, "")
	for _, s := range found {
		if s.Value == provider.Redacted && state.Source == "" {
			state.Configured, state.Source = true, s.Source
		}
	}
	for _, param := range p.Settings {
		if s, ok := provider.SecretOf(in.Value(param.Info().Name)); ok && state.Expires.IsZero() {
			state.Expires = jwtExpiry(s)
		}
	}
	if err == nil {
		_, err = a.tryToken(ctx, p, in, "")
	}
	switch {
	case err == nil:
		state.Valid = new(true)
	case errors.Is(err, provider.ErrDenied) && state.Configured:
		state.Valid = new(false)
		state.Error = err.Error()
	default:
		state.Error = err.Error()
	}
	return state, err
}

func (s authState) row() []string {
	valid := "unknown"
	if s.Valid != nil {
		valid = map[bool]string{true: "yes", false: "no"}[*s.Valid]
	}
	expires := ""
	if !s.Expires.IsZero() {
		expires = s.Expires.Format(time.RFC3339)
	}
	return []string{s.Vendor, s.Profile, s.Source, valid, expires, s.Error}
}

// jwtExpiry reads when a token expires, if it is a JWT that says so. It is not
// verified: that is the vendor's part.
func jwtExpiry(token provider.Secret) time.Time {
	parts := strings.Split(token.Reveal(), ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Expires int64 `json:"exp"`
	}
	if err != nil || json.Unmarshal(payload, &claims) != nil || claims.Expires <= 0 {
		return time.Time{}
	}
	return time.Unix(claims.Expires, 0).UTC()
}
