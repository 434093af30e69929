package deliver

import (
	"context"
	"fmt"

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
func (*executed) Proof() Proof     { return ByStamp } // its exit status

// Overwrites is that a command that is killed may have stored something.
func (*executed) Overwrites() bool { return true }

// Place is one that can be shared: the command gets each credential, with its ID, on
// its standard input.
func (*executed) Place() Place { return Place{} }

// Check reports whether the command can be run, as far as that can be known.
func (d *executed) Check(ctx context.Context) error {
	if err := command.Check(ctx, d.line, d.env(provider.Credential{})); err != nil {
		return fmt.Errorf("%s: %w", d, err)
	}
	return nil
}

func (d *executed) Write(ctx context.Context, c provider.Credential) error {
	if c.Secret.IsZero() {
		return fmt.Errorf("%s: %w", d, errNoSecret)
	}
	in, err := encode(c)
	if err == nil {
		err = command.Program{Args: command.Shell(d.line), Env: d.env(c), Stdin: in, Secret: c.Secret, Limit: command.Limit}.Run(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", d, err)
	}
	d.stored = c
	return nil
}

// env is the environment of the command for c.
func (d *executed) env(c provider.Credential) []string { return command.Environ(d.o.Env, d.o.Hide, c) }

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
