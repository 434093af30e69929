package setup

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

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

// readSecrets asks for a token without showing it, or reads it from standard
// input. A person who has none is asked for what p takes in its place.
func readSecrets(ctx context.Context, streams *term.Streams, p provider.Provider, in provider.Input) error {
	if !streams.Interactive() {
		if streams.InTTY {
			return provider.Hint(provider.Usage("there is nobody to ask for the token"), "give it with --token-file, or on standard input")
		}
		token, err := streams.ReadFile("-", "the token")
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
		answer, err := streams.AskHidden(ctx, question+"): ")
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
