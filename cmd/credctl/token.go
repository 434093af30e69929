package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
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
func (a *app) readTokenFile(path string) (string, error) {
	if filepath.Base(path) == "-" {
		return "", provider.WithClass(provider.ErrUsage, errNotStdin)
	}
	text, err := a.readFile(path, "the token")
	if err != nil {
		err = provider.WithClass(provider.ErrUsage, fmt.Errorf("the token cannot be read: %w", err))
	}
	return text, err
}

// warnReadable warns, once, of a file with a token in it that others can read. It is
// used all the same: what is mounted into a container is often readable by all.
func (a *app) warnReadable(path string) {
	info, err := os.Stat(path)
	if err != nil {
		return // reading it says why
	}
	if mode := modeOf(info); mode&0o044 != 0 && a.remarks.first(path) {
		a.remark("credctl: warning: others can read %s (mode %04o), which holds a secret; run: chmod 600 %[1]s", path, mode)
	}
}

// tokenCommand runs the command of the configuration that prints a token. There
// is no shell between: a list is its arguments, text is divided at its spaces.
// What it says on standard error is a part of the error, without the token. It
// does not get the tokens that are in our environment.
func (a *app) tokenCommand(ctx context.Context, vendor string, argv any, dir string) (string, error) {
	args, err := a.arguments(argv, dir)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	out := &bounded{stop: stop}
	if err == nil {
		err = command.Program{Args: args, Env: a.withoutTokens(), Stdout: out, Limit: commandLimit, Asks: true}.Run(ctx)
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
	return "", provider.WithClass(provider.ErrDenied, fmt.Errorf("%s %s%s: %w", vendor, commandKey, name, err))
}

// arguments are those of a command of the configuration.
func (a *app) arguments(argv any, dir string) ([]string, error) {
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
		program, err := a.expand(args[0], dir)
		if err != nil {
			return nil, err
		}
		args = append([]string{program}, args[1:]...)
	}
	return args, nil
}

// withoutTokens is the environment without the tokens that are in it.
func (a *app) withoutTokens() []string {
	hide := a.tokenVariables()
	return slices.DeleteFunc(a.environ(), func(kv string) bool {
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
	if b.text.Len()+len(p) > maxRead {
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

func needed(p provider.Provider, i provider.ParamInfo) error {
	return provider.Hint(provider.Usage("%s needs --%s", p.Name, i.Name), "or set %s, or %s in a profile of the configuration",
		strings.Join(append([]string{envName(p.Name, settingName(i))}, i.Env...), " or "), settingName(i))
}

// needSettings finds what is missing of what every request to p needs. What was
// stored may be missing because it could not be asked for: that is trouble.
func needSettings(p provider.Provider, in provider.Input, trouble error) error {
	hidden, token := false, false
	var ways []string
	var missing error
	for _, param := range p.Settings {
		i := param.Info()
		given := in.Value(i.Name).IsSet()
		if i.From == provider.File {
			hidden, token = true, token || given
			ways = append(append(ways, "--"+i.Name, envName(p.Name, settingName(i))), i.Env...)
		} else if i.Required && !given && missing == nil {
			missing = needed(p, i)
		}
	}
	if !hidden || token {
		return missing
	}
	err := fmt.Errorf("there is no token for %s", p.Name)
	if trouble != nil {
		err = fmt.Errorf("%w, and what is stored cannot be read: %s", err, visible.OneLine(trouble.Error()))
	}
	return provider.Hint(provider.WithClass(provider.ErrDenied, err),
		"give one of %s; or token_file or token_command in the configuration; or run: credctl auth login %s", strings.Join(ways, ", "), p.Name)
}
