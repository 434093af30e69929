package verify

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/provider"
)

// Exec tries c once with a command line of the user, which the shell runs (sh -c,
// or cmd /c on Windows). Its standard input is c as one JSON object with the secret,
// under the names that the JSON output has; env is all of its environment, as
// [command.Environ] makes it.
//
// Exit status 0 means that c works. Any other is [provider.ErrPending], since a
// new credential may need time; but 126 and 127, with which a shell reports that
// there is no such command, are [provider.ErrVerify]. The error ends with what the
// command wrote to standard error, bounded and without the secret.
func Exec(ctx context.Context, line string, env []string, c provider.Credential) error {
	in, err := c.RevealJSON()
	if err != nil {
		return err
	}
	err = command.Program{Args: command.Shell(line), Env: env, Stdin: in, Secret: c.Secret}.Run(ctx)
	exit, ended := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return provider.WithClass(provider.ErrPending, fmt.Errorf("the --verify command did not end: %w", err))
	case !ended:
		return provider.WithClass(provider.ErrVerify, fmt.Errorf("cannot run the --verify command: %w", err))
	}
	class := provider.ErrPending
	if code := exit.ExitCode(); code == 126 || code == 127 {
		class = provider.ErrVerify
	}
	return provider.WithClass(class, fmt.Errorf("the --verify command failed: %w", err))
}
