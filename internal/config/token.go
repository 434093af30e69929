package config

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/config/configfile"
	"github.com/credctl/credctl/internal/config/tokencommand"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

var (
	errControl  = errors.New("the value contains a newline or another control character")
	errEmpty    = errors.New("the value is empty")
	errNotStdin = errors.New("token_file cannot be standard input; pass --token-file - instead")
)

// readTokenFile returns the token in a file that the configuration names.
func (l lookup) readTokenFile(path string) (string, error) {
	if filepath.Base(path) == "-" {
		return "", provider.WithClass(provider.ErrUsage, errNotStdin)
	}
	got, err := l.config.Streams.ReadWith(fsafe.OpenTrusted, path)
	if err != nil && !errors.Is(err, provider.ErrRefused) {
		err = provider.WithClass(provider.ErrUsage, err)
	}
	if err != nil {
		return "", fmt.Errorf("could not read the token: %w", err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(got.Text), "\n"), "\r"), nil
}

// tokenCommand returns the token that a command of the configuration prints. The
// command does not get the tokens in the environment.
func (l lookup) tokenCommand(ctx context.Context, argv any, dir string) (string, error) {
	token, program, err := tokencommand.Run(ctx, argv, dir, l.config.Env, l.withoutTokens())
	if err == nil {
		return token, nil
	}
	name := l.vendor.Name + " " + configfile.TokenCommand
	if program != "" {
		name += " " + program
	}
	return "", provider.WithClass(provider.ErrDenied, fmt.Errorf("%s: %w", name, err))
}

// withoutTokens returns the environment of the user's commands without the tokens in it.
func (l lookup) withoutTokens() []string {
	hide := l.config.Vendors.TokenVariables()
	return slices.DeleteFunc(CommandVariables(l.config), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(hide, name)
	})
}

// checkToken refuses a token that cannot be sent in a header, without showing it.
func checkToken(v provider.Value, i provider.ParamInfo) error {
	text, ok := provider.SecretOf(v)
	if !ok {
		return nil
	}
	if text.IsZero() {
		return errEmpty
	}
	for _, r := range text.Reveal() {
		if r <= ' ' || r > '~' {
			return fmt.Errorf("the value contains a space or another character that tokens do not have (--%s reads a file that contains only the token)", i.Name)
		}
	}
	return nil
}
