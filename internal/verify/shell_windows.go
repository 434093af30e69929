package verify

import (
	"context"
	"os/exec"
	"syscall"
)

// shell returns command in a process group of its own, which ends with ctx. Its
// quotes are left as they are, because cmd does not read them as other programs do.
func shell(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd") //nolint:gosec // G204: the user's own command is what this is for
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: "cmd /c " + command, CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	return cmd
}
