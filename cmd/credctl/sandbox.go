package main

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

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/sandbox"
)

const aboutSandbox = `Serve the APIs of the four vendors, and an S3 endpoint that knows the keys they
issue, on loopback in this process, with example data. Try commands and test
rotation scripts without an account:

    credctl sandbox -- credctl katapult list

With a command, it runs that with the environment set so that every vendor is
the sandbox, and ends with it and its exit status. Without one, it prints the
exports for a shell and serves until it is interrupted.

A fault is VENDOR:VERB:WHAT[:[SKIP+]TIMES[:RETRY-AFTER]]. VENDOR and VERB may be *.
SKIP requests pass before it strikes TIMES of them; without that it strikes all.
RETRY-AFTER is the header of that name. WHAT is an HTTP status, or one of

    STATUS-after  the change is made, and that status is answered
    cut-before    the connection ends before anything is changed
    cut-after     the change is made, and its answer is lost
    cut-body      the change is made, and its answer ends in the middle
    truncate      the same, as if that were the whole answer
    garbage       the change is made, and its answer is no JSON
    no-secret     the change is made, and its answer lacks the secret
    endless       the change is made, and its answer never ends
    slow          the change is made, and its answer comes after a minute
    html          nothing is changed; a login page
    redirect      nothing is changed; the address of another host

    credctl sandbox --fault losant:list:500:1+1 --fault '*:list:429::30' -- ./rotate.sh`

// sandboxCmd is `credctl sandbox`.
func (a *app) sandboxCmd() *cobra.Command {
	var flags sandboxFlags
	cmd := &cobra.Command{
		Use:   "sandbox [-- CMD...]",
		Short: "The four vendors on loopback, to try commands without an account",
		Long:  aboutSandbox,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && cmd.ArgsLenAtDash() != 0 {
				return provider.Usage("%q is not after --: it is `credctl sandbox -- CMD`", args[0])
			}
			o, err := flags.options()
			if err != nil {
				return err
			}
			return a.serveSandbox(cmd.Context(), o, args)
		},
	}
	flags.add(cmd.Flags())
	return cmd
}

// sandboxFlags say how a sandbox behaves.
type sandboxFlags struct {
	sandbox.Options
	faults []string
	port   int
}

func (s *sandboxFlags) add(f *pflag.FlagSet) {
	f.IntVar(&s.port, "port", 0, "listen on this `port` and the four after it; 0: on free ones")
	f.DurationVar(&s.Latency, "latency", 0, "add this `duration` to every answer")
	f.StringArrayVar(&s.faults, "fault", nil, "fail on demand: VENDOR:VERB:WHAT[:[SKIP+]TIMES[:RETRY-AFTER]]; may be repeated")
	f.IntVar(&s.RateLimit, "rate-limit", 0, "answer 429 to more than this `number` of requests a second at a vendor")
	f.IntVar(&s.Quota, "quota", 0, "the `number` of credentials that a vendor allows")
	f.IntVar(&s.Count, "count", 0, "seed this `number` of further credentials at each vendor")
	f.DurationVar(&s.ProvisionDelay, "provision-delay", 0, "how long Katapult provisions a key (default 3s; negative: not at all)")
	f.DurationVar(&s.ActivationDelay, "activation-delay", 0, "how long new S3 credentials are unknown to the S3 endpoint")
	f.IntVar(&s.Flap, "flap", 0, "how often new S3 credentials are refused again at first")
	f.StringVar(&s.MedianovaSecret, "medianova-secret", "", "where Medianova's answer to a create holds a secret, such as data.secret_key (by its documents: nowhere)")
	f.BoolVar(&s.Deterministic, "deterministic", false, "issue the same IDs and secrets in every run, for examples")
}

// options returns what the flags say.
func (s *sandboxFlags) options() (sandbox.Options, error) {
	o := s.Options
	if s.port < 0 || s.port > 65531 {
		return o, provider.Usage("--port must be from 1 to 65531, because there are five, or 0")
	}
	o.Addr = fmt.Sprintf("127.0.0.1:%d", s.port)
	for _, text := range s.faults {
		f, err := sandbox.ParseFault(text)
		if err != nil {
			return o, provider.WithClass(provider.ErrUsage, err)
		}
		o.Faults = append(o.Faults, f)
	}
	return o, nil
}

// serveSandbox runs argv against a sandbox, or serves until it is interrupted.
// Configuration and state are a fresh folder, so that no real vendor is reached
// and no real journal is touched.
func (a *app) serveSandbox(ctx context.Context, o sandbox.Options, argv []string) (err error) {
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
		return a.runIn(ctx, own, argv)
	}
	for _, kv := range own {
		k, v, _ := strings.Cut(kv, "=")
		fmt.Fprintf(a.streams.Out, "export %s=%s\n", k, quote.Shell(v))
	}
	a.streams.Remark("credctl: the sandbox serves until it is interrupted")
	<-ctx.Done()
	return nil
}

// runIn runs argv with own added to the environment, from which every other
// setting of a vendor is taken out.
func (a *app) runIn(ctx context.Context, own, argv []string) error {
	name := argv[0]
	self, err := os.Executable()
	if err == nil { // this credctl is the one that the command and its scripts find
		own = append(own, "PATH="+filepath.Dir(self)+string(filepath.ListSeparator)+a.config.Env["PATH"])
		if name == "credctl" {
			name = self
		}
	}
	cmd := exec.CommandContext(ctx, name, argv[1:]...) //nolint:gosec // G204: the user's own command
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.streams.In, a.streams.Out.Writer, a.streams.Err
	for k, v := range a.config.Env {
		if !a.vendorVariable(k) {
			cmd.Env = append(cmd.Env, k+"="+v)
		}
	}
	cmd.Env = append(cmd.Env, own...)
	err = cmd.Run()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		if s, ok := e.Sys().(syscall.WaitStatus); ok && s.Signaled() {
			return exitStatus(128 + int(s.Signal())) // as a shell says it
		}
		return exitStatus(e.ExitCode())
	}
	if err != nil {
		return fmt.Errorf("cannot run %s: %w", argv[0], err)
	}
	return nil
}

// vendorVariable reports whether k is a setting of a vendor or of credctl.
func (a *app) vendorVariable(k string) bool {
	if strings.HasPrefix(k, "CREDCTL_") {
		return true
	}
	for _, p := range a.config.Vendors() {
		if slices.Contains(p.BaseEnv, k) || slices.ContainsFunc(p.Settings, func(s provider.AnyParam) bool { return slices.Contains(s.Info().Env, k) }) {
			return true
		}
	}
	return false
}
