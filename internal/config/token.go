package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/config/configfile"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

// commandLimit is how long a command that prints a token may take.
const commandLimit = 10 * time.Second

var (
	errControl   = errors.New("it holds a newline or another control character")
	errEmpty     = errors.New("it is empty")
	errTooLong   = errors.New("it printed more than 1 MiB")
	errNoToken   = errors.New("it printed nothing")
	errNotStdin  = errors.New("a file of the configuration cannot be standard input; --token-file - can")
	errQuoted    = provider.Usage("there is no shell that would understand quotes in it: write it as a list, such as [op, read, \"op://vault/key 1\"]")
	errNoCommand = provider.Usage("it is empty")
)

// readTokenFile returns the token that a file holds which the configuration names.
func (l lookup) readTokenFile(path string) (string, error) {
	if filepath.Base(path) == "-" {
		return "", provider.WithClass(provider.ErrUsage, errNotStdin)
	}
	text, err := l.config.streams.ReadFile(path, "the token")
	if err != nil {
		err = provider.WithClass(provider.ErrUsage, fmt.Errorf("the token cannot be read: %w", err))
	}
	return text, err
}

// tokenCommand runs the command of the configuration that prints a token. There
// is no shell between: a list is its arguments, text is divided at its spaces.
// What it says on standard error is a part of the error, without the token. It
// does not get the tokens that are in our environment.
func (l lookup) tokenCommand(ctx context.Context, argv any, dir string) (string, error) {
	args, err := l.config.Env.arguments(argv, dir)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	out := &bounded{stop: stop}
	if err == nil {
		err = command.Program{Args: args, Env: l.withoutTokens(), Stdout: out, Limit: commandLimit, Asks: true}.Run(ctx)
	}
	token := strings.TrimRight(out.text.String(), "\r\n")
	switch {
	case err == nil && token != "":
		return token, nil
	case err == nil:
		err = errNoToken
	case token != "":
		err = scrubbed{err, token}
	}
	name := ""
	if len(args) > 0 {
		name = " " + args[0]
	}
	return "", provider.WithClass(provider.ErrDenied, fmt.Errorf("%s %s%s: %w", l.vendor.Name, configfile.TokenCommand, name, err))
}

// arguments are those of a command of the configuration.
func (e Env) arguments(argv any, dir string) ([]string, error) {
	args, list := argv.([]string)
	if text, _ := argv.(string); !list {
		if strings.ContainsAny(text, `'"`) {
			return nil, errQuoted
		}
		args = strings.Fields(text)
	}
	if len(args) == 0 || args[0] == "" {
		return nil, errNoCommand
	}
	if strings.ContainsRune(args[0], filepath.Separator) { // else it is looked for in PATH
		program, err := e.expand(args[0], dir)
		if err != nil {
			return nil, err
		}
		args = append([]string{program}, args[1:]...)
	}
	return args, nil
}

// withoutTokens is the environment without the tokens that are in it.
func (l lookup) withoutTokens() []string {
	hide := l.config.Vendors.TokenVariables()
	return slices.DeleteFunc(l.config.Env.Variables(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(hide, name)
	})
}

// A bounded buffer takes no more than a token can be long, and stops who writes
// more. It embeds no buffer, which would be filled without its Write.
type bounded struct {
	text bytes.Buffer
	stop context.CancelCauseFunc
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.text.Len()+len(p) > term.MaxRead {
		b.stop(errTooLong)
		return len(p), nil
	}
	return b.text.Write(p)
}

// A scrubbed error does not tell the secret that is in its text.
type scrubbed struct {
	error
	secret string
}

func (e scrubbed) Error() string {
	text := e.error.Error()
	for line := range strings.Lines(e.secret) {
		if line = strings.TrimSpace(line); line != "" {
			text = strings.ReplaceAll(text, line, provider.Redacted)
		}
	}
	return text
}

func (e scrubbed) Unwrap() error { return e.error }

// checkToken refuses what cannot be sent in a header, without showing it.
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
			return fmt.Errorf("it holds a space or another character that no token has (--%s reads a file that holds the token alone)", i.Name)
		}
	}
	return nil
}
