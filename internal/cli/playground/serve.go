package playground

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/config/environment"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/sandbox"
	"github.com/credctl/credctl/internal/sandbox/control"
)

// serve runs argv in a sandbox, or serves until the sandbox is interrupted or
// stopped. Everything that credctl writes there is in a new folder.
func serve(ctx context.Context, run *invocation.Invocation, o sandbox.Options, argv []string) (err error) {
	interrupted := ctx.Done() // from here on, an interrupt leaves no folder
	o.Control = control.NewPath()
	s, err := sandbox.Start(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	dir, err := os.MkdirTemp("", "credctl-sandbox-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Mkdir(filepath.Join(dir, "aws"), 0o700); err != nil {
		return err
	}
	if err := (control.Handle{URL: s.URL("medianova") + o.Control, Servers: s.Servers()}).Save(dir); err != nil {
		return err
	}
	own := append(s.Env(), ownPaths(dir)...)
	if len(argv) > 0 {
		return runIn(ctx, run, own, argv)
	}
	for _, line := range exports(run.Config, own) {
		fmt.Fprintln(run.Streams.Out, line)
	}
	streams := run.Streams
	if streams.Remark("credctl: serving until interrupted"); streams.OutTTY {
		streams.Remark(`To use this sandbox, paste the lines above into another shell. To start one for your shell instead: eval "$(credctl sandbox --detach)"`)
	}
	streams.Serves.Store(true)
	// An empty line says that these were all. What started the sandbox with --detach ends
	// when it reads that line, and its pipes with it: a later write would end the sandbox.
	if _, err := fmt.Fprintln(run.Streams.Out); err != nil {
		return err
	}
	select {
	case <-interrupted:
		if streams.ErrTTY { // else nobody may read it any more
			fmt.Fprint(streams.Err, "\r") // over the ^C that the terminal shows
			streams.Remark("Stopped the sandbox")
		}
	case <-s.Stopped():
	}
	return nil
}

// runIn runs argv with own added to the environment, without the variables that could
// lead credctl out of the sandbox.
func runIn(ctx context.Context, run *invocation.Invocation, own, argv []string) error {
	c, streams := run.Config, run.Streams
	name := argv[0]
	self, err := os.Executable()
	if err == nil { // the command and its scripts find this credctl
		own = append(own, "PATH="+filepath.Dir(self)+string(filepath.ListSeparator)+c.Env["PATH"])
		if name == "credctl" {
			name = self
		}
	}
	cmd := exec.CommandContext(ctx, name, argv[1:]...) //nolint:gosec // G204: the user's own command
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	cmd.Stdin, cmd.Stdout, cmd.Stderr = streams.In, streams.Out.Writer, streams.Console()
	out := leadingOut(c)
	for k, v := range c.Env {
		if !out(k) {
			cmd.Env = append(cmd.Env, k+"="+v)
		}
	}
	cmd.Env = append(cmd.Env, own...)
	err = cmd.Run()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		if s, ok := e.Sys().(syscall.WaitStatus); ok && s.Signaled() {
			return exit.Silent(128 + int(s.Signal())) // as a shell reports it
		}
		return exit.Silent(e.ExitCode())
	}
	if err != nil {
		return fmt.Errorf("could not run %s: %w", argv[0], err)
	}
	return nil
}

// stop ends the sandbox of the environment.
func stop(run *invocation.Invocation) error {
	dir := run.Config.Env[environment.Sandbox]
	if dir == "" {
		return provider.Hint(provider.Usage("this shell uses no sandbox: %s is not set", environment.Sandbox), `start one with: eval "$(credctl sandbox --detach)"`)
	}
	handle, err := control.Find(dir)
	if err == nil {
		err = handle.Stop(dir)
	}
	said := "Stopped the sandbox"
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, control.ErrNotServing) {
		said, err = "The sandbox of this shell has already ended", nil
	}
	if err != nil {
		err = provider.WithClass(provider.ErrUnavailable, fmt.Errorf("could not stop the sandbox (%s is %s): %w", environment.Sandbox, dir, err))
		return provider.Hint(err, "open a new shell to use your own accounts")
	}
	run.Streams.Remark("%s", said)
	if run.Streams.OutTTY {
		run.Streams.Remark(`To use your own accounts in this shell, run: eval "$(credctl sandbox stop)"`)
		return nil
	}
	_, err = fmt.Fprintln(run.Streams.Out, leave(append(sandbox.Variables(), namesOf(ownPaths(dir))...)))
	return err
}
