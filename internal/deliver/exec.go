package deliver

import (
	"context"
	"fmt"
	"os/exec"

	"github.com/credctl/credctl/internal/provider"
)

// A command is a destination that a program of the user's stores in.
type command struct {
	line   string
	o      Options
	stored provider.Credential // what the program has taken
}

func (d *command) String() string { return "exec:" + d.line }
func (d *command) Spec() string   { return d.String() }

// Check reports whether there is a shell that can read the command. Nothing is run.
func (d *command) Check(ctx context.Context) error {
	argv := Shell(d.line)
	if _, err := exec.LookPath(argv[0]); err != nil {
		return provider.As(provider.ErrUsage, fmt.Errorf("%s: %w", d, err))
	}
	if check := syntaxCheck(d.line); check != nil {
		if err := (Command{Args: check, Env: Environ(d.o, provider.Credential{})}).Run(ctx); err != nil {
			return provider.As(provider.ErrUsage, fmt.Errorf("%s: the shell cannot read it: %w", d, err))
		}
	}
	return nil
}

func (d *command) Write(ctx context.Context, c provider.Credential) error {
	if c.Secret.IsZero() {
		return fmt.Errorf("%s: %w", d, errNoSecret)
	}
	in, err := encode(c, "")
	if err == nil {
		err = Command{Args: Shell(d.line), Env: Environ(d.o, c), Stdin: in, Secret: c.Secret}.Run(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", d, err)
	}
	d.stored = c
	return nil
}

// ReadBack reports what the exit status said, when the program was run just now.
func (d *command) ReadBack(_ context.Context, c provider.Credential) error {
	if c.Secret.IsZero() || d.stored.Key != c.Key || !d.stored.Secret.Equal(c.Secret) {
		return fmt.Errorf("%s: %w", d, ErrNoReadBack)
	}
	return nil
}

// Current returns nothing, because the program only stores.
func (*command) Current(context.Context) (string, provider.Secret, error) {
	return "", provider.Secret{}, nil
}
