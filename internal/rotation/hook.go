package rotation

import (
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"strings"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/provider"
)

// A Hook is a command that is run when everything is delivered. The zero Hook
// does nothing.
type Hook struct {
	Line  string   `json:"line,omitzero"`  // for the shell; or
	Args  []string `json:"args,omitzero"`  // a program and its arguments
	Stdin bool     `json:"stdin,omitzero"` // it gets the new credential, as JSON with its secret
}

// IsZero reports whether there is no hook.
func (h Hook) IsZero() bool { return h.Line == "" && len(h.Args) == 0 }

func (h Hook) String() string { return cmp.Or(h.Line, strings.Join(h.Args, " ")) }

func (h Hook) args() []string {
	if h.Line != "" {
		return command.Shell(h.Line)
	}
	return h.Args
}

// check reports whether the hook can be run, as far as that can be known.
func (h Hook) check(ctx context.Context, env []string) (err error) {
	if h.Line != "" {
		err = command.Check(ctx, h.Line, env)
	} else if _, missing := exec.LookPath(h.Args[0]); missing != nil {
		err = provider.Usage("there is no program %q", h.Args[0])
	}
	if err != nil {
		return fmt.Errorf("the hook cannot be run: %w", err)
	}
	return nil
}

// runHook runs the hook, unless it has run. A hook that was killed, or after
// which this process was, runs again.
func (w *work) runHook(ctx context.Context) error {
	if w.hooked {
		return nil
	}
	if err := w.callHook(ctx, w.credential()); err != nil {
		err = fmt.Errorf("%s is delivered, but the hook failed: %w", w.new.ID, err)
		if ctx.Err() == nil {
			err = as(provider.ErrPartial, err)
		}
		return provider.Hint(err, "when that is mended, run the same command again, or: credctl rotation resume %s", w.op.ID)
	}
	return w.note(stepHooked, note{})
}

// callHook runs the hook, if there is one, for the credential that is in use now.
func (w *work) callHook(ctx context.Context, c provider.Credential) error {
	h := w.options.Hook
	if h.IsZero() {
		return nil
	}
	w.say("running the hook: %s", h)
	in, err := w.hookInput(c)
	if err != nil {
		return err
	}
	w.e.hit("hook.running")
	defer w.e.hit("hook.ran")
	return command.Program{Args: h.args(), Env: w.hookEnv(c), Stdin: in, Secret: c.Secret, Limit: command.Limit}.Run(ctx)
}

// commandEnv is the environment of a command that is about c. No token is in it.
func (e *Engine) commandEnv(c provider.Credential) []string {
	return command.Environ(e.Environ, e.Hide, c)
}

// hookEnv is the environment of the hook. No secret is in it.
func (w *work) hookEnv(c provider.Credential) []string {
	return append(w.e.commandEnv(c),
		"CREDCTL_OLD_ID="+w.subject.ID, "CREDCTL_NEW_ID="+w.new.ID, "CREDCTL_OPERATION="+w.op.ID,
		"CREDCTL_DESTINATIONS="+strings.Join(w.options.To, "\n"))
}

// hookInput is what the hook can read.
func (w *work) hookInput(c provider.Credential) ([]byte, error) {
	if !w.options.Hook.Stdin {
		return nil, nil
	}
	known := bare(c)
	known.Secret = c.Secret
	return known.RevealJSON()
}
