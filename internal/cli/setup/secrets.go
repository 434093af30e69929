package setup

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

// otherSecrets names what p takes in place of a token.
func otherSecrets(p provider.Provider) (names []string) {
	for _, param := range p.Settings {
		if i := param.Info(); i.From == provider.File && i.Name != provider.Token.Info().Name {
			names = append(names, secretName(i))
		}
	}
	return names
}

// secretName returns the name of a secret for people: "API key".
func secretName(i provider.ParamInfo) string {
	return strings.ReplaceAll(strings.ReplaceAll(i.Setting(), "_", " "), "api", "API")
}

// readSecrets asks for a token without showing it, or reads it from standard input,
// unless flags give one. A person who has no token is asked for what p takes instead.
func readSecrets(ctx context.Context, streams *term.Streams, account config.Account) error {
	p, in := account.Vendor, account.Given
	if len(secretsOf(account)) > 0 {
		return nil
	}
	if !streams.Interactive() {
		return readToken(streams, in)
	}
	others := otherSecrets(p)
	streams.Remark("Get a token from: %s (%s)", p.Login.Where, p.Login.URL)
	streams.Remark("It needs: %s", p.Login.Scopes)
	for _, param := range slices.SortedStableFunc(slices.Values(p.Settings), tokenFirst) {
		i := param.Info()
		isToken := i.Name == provider.Token.Info().Name
		if i.From != provider.File {
			continue
		}
		question := fmt.Sprintf("%s for %s (not shown", strings.ToUpper(secretName(i)[:1])+secretName(i)[1:], p.Title)
		if isToken && len(others) > 0 {
			question += "; leave empty to enter the " + strings.Join(others, " and the ")
		}
		answer, err := streams.AskHidden(ctx, question+"):")
		switch {
		case err != nil:
			return err
		case answer == "" && (!isToken || len(others) == 0):
			return term.ErrDeclined
		case answer == "":
			continue
		}
		if err := in.Value(i.Name).Set(answer); err != nil {
			return err
		}
		if isToken {
			return nil
		}
	}
	return nil
}

// readToken reads a token from standard input.
func readToken(streams *term.Streams, in provider.Input) error {
	if streams.InTTY {
		return provider.Hint(provider.Usage("a token is required, and prompts are disabled (--no-input or CI)"), "pass --token-file FILE, or pipe the token into standard input")
	}
	token, err := streams.ReadFile("-", "the token")
	if err == nil && token == "" {
		err = provider.Hint(provider.Usage("no token on standard input"), "pipe a token into standard input, or pass --token-file FILE")
	}
	if err != nil {
		return provider.WithClass(provider.ErrUsage, err)
	}
	return in.Value(provider.Token.Info().Name).Set(token)
}

// tokenFirst sorts settings so that the token comes before what replaces it.
func tokenFirst(x, y provider.AnyParam) int {
	order := func(p provider.AnyParam) int {
		return map[bool]int{true: 0, false: 1}[p.Info().Name == provider.Token.Info().Name]
	}
	return order(x) - order(y)
}
