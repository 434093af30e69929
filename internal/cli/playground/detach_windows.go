package playground

import "syscall"

// newSession keeps a process from ending with the console of this one.
func newSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
