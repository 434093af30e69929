package deliver

import (
	"context"
	"fmt"
	"os/exec"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/provider"
)

// An executed is a destination that a program of the user's stores in.
type executed struct {
	line   string
	o      Options
	stored provider.Credential // what the program has taken
}

func (d *executed) String() string { return "exec:" + d.line }
func (d *executed) Spec() string   { return d.String() }

// Check reports whether there is a shell that can read the command. Nothing is run.
func (d *executed) Check(ctx context.Context) error {
	if _, err := exec.LookPath(command.Shell(d.line)[0]); err != nil {
		return provider.As(provider.ErrUsage, fmt.Errorf("%s: %w", d, err))
	}
	if read := command.Syntax(d.line); read != nil {
		if err := d.program(read, provider.Credential{}).Run(ctx); err != nil {
			return provider.As(provider.ErrUsage, fmt.Errorf("%s: the shell cannot read it: %w", d, err))
		}
	}
	return nil
}

func (d *executed) Write(ctx context.Context, c provider.Credential) error {
	if c.Secret.IsZero() {
		return fmt.Errorf("%s: %w", d, errNoSecret)
	}
	in, err := encode(c)
	if err == nil {
		store := d.program(command.Shell(d.line), c)
		store.Stdin = in
		err = store.Run(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", d, err)
	}
	d.stored = c
	return nil
}

// program returns what runs args for c.
func (d *executed) program(args []string, c provider.Credential) command.Program {
	return command.Program{Args: args, Env: command.Environ(d.o.Env, d.o.Hide, c), Secret: c.Secret, Limit: command.Limit}
}

// ReadBack reports what the exit status said, when the program was run just now.
func (d *executed) ReadBack(_ context.Context, c provider.Credential) error {
	if c.Secret.IsZero() || d.stored.Key != c.Key || !d.stored.Secret.Equal(c.Secret) {
		return fmt.Errorf("%s: %w", d, ErrNoReadBack)
	}
	return nil
}

// Current returns nothing, because the program only stores.
func (*executed) Current(context.Context) (string, provider.Secret, error) {
	return "", provider.Secret{}, nil
}
