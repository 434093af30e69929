// Package command runs the commands that users give: what prints a token, stores
// a new secret, tries one, or reloads what uses it.
//
// A command ends, with all that it started, when its time is over. It learns who
// a credential is from its environment, where no token of a vendor is, and the
// secret from nothing but its standard input. What it complains of is passed on
// without the secret.
//
// It is our own because os/exec ends neither what a command has started nor what
// it says of a secret, and no library does both.
package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// Limit is how long a command may take that has no limit of its own.
const Limit = 2 * time.Minute

// A Program is a command that can be run.
type Program struct {
	Args   []string        // the program and its arguments; [Shell] makes them from a line
	Env    []string        // all of its environment; see [Environ]
	Stdin  []byte          // what it can read; empty: nothing
	Stdout io.Writer       // what it prints; nil: dropped
	Secret provider.Secret // what must not be in its messages
	Limit  time.Duration   // how long it may take; zero: as long as the context lets it

	// Asks says that it may ask on the terminal. Only the process group of this
	// process can, so it stays there, and what it started is not killed with it.
	Asks bool
}

// ErrNotStarted is that a program was not started, so that it has read nothing.
var ErrNotStarted = errors.New("not started")

// Run runs the program in a process group of its own, unless it asks, and kills the
// group when ctx or the time ends; the latter is of class [provider.ErrUnavailable]. Any other
// failure has no class: it wraps the [exec.ExitError], or what kept the program
// from being started, with [ErrNotStarted]. The error ends with what was last written to standard error,
// bounded and without the secret.
func (p Program) Run(ctx context.Context) error {
	limited, cancel := ctx, context.CancelFunc(func() {})
	if p.Limit > 0 {
		limited, cancel = context.WithTimeout(ctx, p.Limit)
	}
	defer cancel()
	cmd := exec.CommandContext(limited, p.Args[0], p.Args[1:]...) //nolint:gosec // G204: the user's own command is what this is for
	cmd.Env = append([]string{}, p.Env...)                        // not nil, which would be the environment of this process
	cmd.Stdin, cmd.Stdout = bytes.NewReader(p.Stdin), p.Stdout
	said := &tail{}
	cmd.Stderr = said
	cmd.WaitDelay = 2 * time.Second // a child that was left behind may hold the pipes open
	if !p.Asks {
		group(cmd)
	}
	err := cmd.Start()
	if err != nil && limited.Err() == nil {
		return provider.WithClass(ErrNotStarted, err)
	}
	if err == nil {
		err = cmd.Wait()
	}
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("it was stopped: %w", context.Cause(ctx))
	case limited.Err() != nil:
		return provider.WithClass(provider.ErrUnavailable, fmt.Errorf("it did not end within %s, and was killed%s", p.Limit, said.without(p.Secret)))
	}
	return fmt.Errorf("%w%s", err, said.without(p.Secret))
}
