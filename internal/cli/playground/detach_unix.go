//go:build unix

package playground

import "syscall"

// newSession keeps a process from ending with the terminal of this one.
func newSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
