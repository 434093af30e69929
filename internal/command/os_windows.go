package command

import (
	"context"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Shell returns the arguments that run a line in the system's shell.
func Shell(line string) []string { return []string{"cmd", "/s", "/c", `"` + line + `"`} }

// syntax returns nothing: cmd cannot read a line without running it.
func syntax(string) []string { return nil }

// group puts a command into a process group of its own, which is killed with it.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	if slices.Equal(cmd.Args[:min(3, len(cmd.Args))], Shell("")[:3]) {
		cmd.SysProcAttr.CmdLine = strings.Join(cmd.Args, " ") // cmd does not read quotes as other programs do
	}
	cmd.Cancel = func() error {
		kill := exec.CommandContext(context.Background(), "taskkill", "/t", "/f", "/pid", strconv.Itoa(cmd.Process.Pid)) //nolint:gosec // a number
		if err := kill.Run(); err != nil {
			return cmd.Process.Kill()
		}
		return nil
	}
}
