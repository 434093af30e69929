package setup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/sandbox"
	"github.com/credctl/credctl/internal/term"
)

// serve runs argv against a sandbox, or serves until it is interrupted.
// Configuration and state are a fresh folder, so that no real vendor is reached
// and no real journal is touched.
func serve(ctx context.Context, c *config.Config, streams *term.Streams, o sandbox.Options, argv []string) (err error) {
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
	own := append(s.Env(), "XDG_CONFIG_HOME="+dir, "XDG_STATE_HOME="+dir, "CREDCTL_KEYRING=off")
	if len(argv) > 0 {
		return runIn(ctx, c, streams, own, argv)
	}
	for _, kv := range own {
		k, v, _ := strings.Cut(kv, "=")
		fmt.Fprintf(streams.Out, "export %s=%s\n", k, quote.Shell(v))
	}
	streams.Remark("credctl: the sandbox serves until it is interrupted")
	<-ctx.Done()
	return nil
}

// runIn runs argv with own added to the environment, from which every other
// setting of a vendor is taken out.
func runIn(ctx context.Context, c *config.Config, streams *term.Streams, own, argv []string) error {
	name := argv[0]
	self, err := os.Executable()
	if err == nil { // this credctl is the one that the command and its scripts find
		own = append(own, "PATH="+filepath.Dir(self)+string(filepath.ListSeparator)+c.Env["PATH"])
		if name == "credctl" {
			name = self
		}
	}
	cmd := exec.CommandContext(ctx, name, argv[1:]...) //nolint:gosec // G204: the user's own command
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	cmd.Stdin, cmd.Stdout, cmd.Stderr = streams.In, streams.Out.Writer, streams.Err
	for k, v := range c.Env {
		if !ofVendor(c.Vendors(), k) {
			cmd.Env = append(cmd.Env, k+"="+v)
		}
	}
	cmd.Env = append(cmd.Env, own...)
	err = cmd.Run()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		if s, ok := e.Sys().(syscall.WaitStatus); ok && s.Signaled() {
			return exit.Silent(128 + int(s.Signal())) // as a shell says it
		}
		return exit.Silent(e.ExitCode())
	}
	if err != nil {
		return fmt.Errorf("cannot run %s: %w", argv[0], err)
	}
	return nil
}

// ofVendor reports whether k is a setting of a vendor or of credctl.
func ofVendor(vendors []provider.Provider, k string) bool {
	if strings.HasPrefix(k, "CREDCTL_") {
		return true
	}
	for _, p := range vendors {
		if slices.Contains(p.BaseEnv, k) || slices.ContainsFunc(p.Settings, func(s provider.AnyParam) bool { return slices.Contains(s.Info().Env, k) }) {
			return true
		}
	}
	return false
}
