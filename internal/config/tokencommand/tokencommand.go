// Package tokencommand runs the command of the configuration that prints a token.
package tokencommand

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/config/environment"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

// limit is how long a command may take.
const limit = 10 * time.Second

var (
	errTooLong   = errors.New("the command printed more than 1 MiB")
	errNoToken   = errors.New("the command printed nothing")
	errQuoted    = provider.Usage("quotes have no meaning without a shell: write the command as a list, such as [op, read, \"op://vault/key 1\"]")
	errNoCommand = provider.Usage("the command is empty")
)

// Run runs a command, a text or a list of texts, and returns the token that it prints
// and the name of the program. There is no shell: a list is the arguments, a text is
// split at its spaces. A path of the program is relative to dir. What the command
// writes to standard error is part of the error, without the token. variables are
// its environment.
func Run(ctx context.Context, argv any, dir string, env environment.Env, variables []string) (token, program string, err error) {
	args, err := arguments(argv, dir, env)
	if len(args) > 0 {
		program = args[0]
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	out := &bounded{stop: stop}
	if err == nil {
		err = command.Program{Args: args, Env: variables, Stdout: out, Limit: limit, Asks: true}.Run(ctx)
	}
	token = strings.TrimRight(out.text.String(), "\r\n")
	switch {
	case err == nil && token == "":
		err = errNoToken
	case err != nil && token != "":
		err = scrubbed{err, token}
	}
	return token, program, err
}

// arguments returns those of a command of the configuration.
func arguments(argv any, dir string, env environment.Env) ([]string, error) {
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
	if strings.ContainsRune(args[0], filepath.Separator) { // without one, the program is in PATH
		program, err := env.Expand(args[0], dir)
		if err != nil {
			return nil, err
		}
		args = append([]string{program}, args[1:]...)
	}
	return args, nil
}

// A bounded buffer takes no more than the longest token, and stops a command that
// writes more. It embeds no buffer: that could be filled without its Write.
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

// A scrubbed error has no secret in its text.
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
