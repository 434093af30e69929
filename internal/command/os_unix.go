//go:build unix

package command

import (
	"os/exec"
	"syscall"
)

// Shell returns the arguments that run a line in the system's shell.
func Shell(line string) []string { return []string{"sh", "-c", line} }

// syntax returns the arguments that have the shell read a line, and not run it;
// nothing where no shell can do that.
func syntax(line string) []string { return []string{"sh", "-n", "-c", line} }

// group puts a command into a process group of its own, which is killed with it.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
