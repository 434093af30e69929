package playground

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"

	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/config/environment"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
	"github.com/credctl/credctl/internal/sandbox/control"
)

// detach starts a sandbox in a process of its own, which outlasts this one and its
// terminal, and prints its environment when it serves.
func detach(ctx context.Context, run *invocation.Invocation, flags *pflag.FlagSet) error {
	if run.Streams.OutTTY { // no shell would know the sandbox, and nobody stop it
		return provider.Hint(provider.Usage("--detach prints variables for a shell, and standard output is a terminal"), `run: eval "$(credctl sandbox --detach)"`)
	}
	if dir := run.Config.Env[environment.Sandbox]; dir != "" {
		if _, err := control.Find(dir); err == nil {
			run.Streams.Remark("note: the sandbox that this shell used until now still runs. To stop it, run: %s=%s credctl sandbox stop >%s", environment.Sandbox, quote.Word(dir), os.DevNull)
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), self, append([]string{"sandbox"}, given(flags)...)...) //nolint:gosec // G204: this program
	cmd.Env, cmd.SysProcAttr = run.Config.Env.Variables(), newSession()
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var printed bytes.Buffer
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if len(lines.Bytes()) == 0 { // it serves
			_, err := run.Streams.Out.Write(printed.Bytes())
			if err != nil { // nobody could stop it
				return errors.Join(err, cmd.Process.Kill())
			}
			if run.Streams.ErrTTY {
				run.Streams.Remark(`Started a sandbox for this shell. To stop it, run: eval "$(credctl sandbox stop)"`)
			}
			return nil
		}
		fmt.Fprintln(&printed, lines.Text())
	}
	err = cmd.Wait()
	_, _ = run.Streams.Err.Write(said.Bytes())
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.Silent(e.ExitCode())
	}
	return errors.Join(err, errors.New("the sandbox ended before it served"))
}

// given returns the flags that the user gave, for the same command without --detach.
func given(flags *pflag.FlagSet) (args []string) {
	flags.Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		if f.Name == "detach" {
			values = nil
		}
		for value := range slices.Values(values) {
			args = append(args, "--"+f.Name+"="+value)
		}
	})
	return args
}
