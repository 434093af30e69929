//go:build unix

package verify

import (
	"context"
	"os/exec"
	"syscall"
)

// shell returns command in a process group of its own, which ends with ctx.
func shell(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", command) //nolint:gosec // G204: the user's own command is what this is for
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}
