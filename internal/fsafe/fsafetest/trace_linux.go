package fsafetest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Trace runs cmd to its end, and returns the calls of all its threads, in order,
// and its exit status. Where the kernel does not let a process be traced, the
// test is skipped.
func Trace(t testing.TB, cmd *exec.Cmd) (calls []Call, status int) {
	t.Helper()
	runtime.LockOSThread() // one thread traces
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Skipf("the program cannot be traced: %v", err)
	}
	pid := cmd.Process.Pid
	tr := tracer{pid: pid, dir: cmd.Dir, entered: map[int]entry{}}
	if err := tr.run(); err != nil {
		_ = cmd.Process.Kill()
		t.Fatalf("tracing %s: %v", cmd.Path, err)
	}
	_ = cmd.Wait() // the tracer has its status; this waits for its output
	return tr.calls, tr.status
}

type tracer struct {
	pid     int
	dir     string
	entered map[int]entry // by thread
	calls   []Call
	status  int
}

// An entry is a call that a thread is in.
type entry struct {
	Call

	fd    bool // Path is that of the descriptor that the call returns
	wants bool // it is one to keep
}

// stop is struct ptrace_syscall_info of the kernel.
type stop struct {
	op     uint8 // 1 is the entry to a call, 2 its exit
	_      [3]uint8
	_      uint32
	_, _   uint64
	number uint64 // at an exit, what the call returned
	args   [6]uint64
}

const (
	getSyscallInfo = 0x420e // PTRACE_GET_SYSCALL_INFO
	sysgood        = 0x80   // marks the stops at calls
)

func (t *tracer) run() error {
	var ws unix.WaitStatus
	if _, err := unix.Wait4(t.pid, &ws, 0, nil); err != nil {
		return err
	}
	if err := unix.PtraceSetOptions(t.pid, unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_TRACECLONE|unix.PTRACE_O_EXITKILL); err != nil {
		return err
	}
	for tid, signal := t.pid, 0; ; {
		_ = unix.PtraceSyscall(tid, signal) // a thread may have ended meanwhile
		var err error
		if tid, err = unix.Wait4(-t.pid, &ws, unix.WALL, nil); err != nil {
			return err
		}
		signal = 0
		switch {
		case tid == t.pid && (ws.Exited() || ws.Signaled()):
			t.status = ws.ExitStatus()
			return nil
		case !ws.Stopped():
		case ws.StopSignal() == unix.SIGTRAP|sysgood:
			if err := t.stopped(tid); err != nil && !errors.Is(err, unix.ESRCH) { // the thread ended, with its program
				return err
			}
		case ws.StopSignal() != unix.SIGTRAP && ws.StopSignal() != unix.SIGSTOP: // those are of the tracing
			signal = int(ws.StopSignal())
		}
	}
}

func (t *tracer) stopped(tid int) error {
	var at stop
	if _, _, errno := unix.Syscall6(unix.SYS_PTRACE, getSyscallInfo, uintptr(tid), unsafe.Sizeof(at), uintptr(unsafe.Pointer(&at)), 0, 0); errno != 0 {
		return errno
	}
	if at.op == 1 {
		t.entered[tid] = t.enter(tid, at)
		return nil
	}
	e := t.entered[tid]
	if !e.wants || int64(at.number) < 0 {
		return nil
	}
	if e.fd {
		e.Path = t.descriptor(at.number)
	}
	switch {
	case strings.HasPrefix(e.Path, "socket:"):
		t.calls = append(t.calls, Call{Name: Send})
	case strings.HasPrefix(e.Path, "/"):
		t.calls = append(t.calls, e.Call)
	}
	return nil
}

func (t *tracer) enter(tid int, at stop) entry {
	a := at.args
	switch at.number {
	case unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_FTRUNCATE:
		return entry{Call: Call{Name: Write, Path: t.descriptor(a[0])}, wants: true}
	case unix.SYS_FSYNC, unix.SYS_FDATASYNC:
		return entry{Call: Call{Name: Sync, Path: t.descriptor(a[0])}, wants: true}
	case unix.SYS_OPENAT:
		return entry{Call: Call{Name: Create}, fd: true, wants: a[2]&unix.O_EXCL != 0}
	case unix.SYS_MKDIRAT:
		return entry{Call: Call{Name: Create, Path: t.path(tid, a[0], a[1])}, wants: true}
	case unix.SYS_UNLINKAT:
		return entry{Call: Call{Name: Remove, Path: t.path(tid, a[0], a[1])}, wants: true}
	case unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2:
		return entry{Call: Call{Name: Rename, Path: t.path(tid, a[0], a[1]), To: t.path(tid, a[2], a[3])}, wants: true}
	}
	return entry{}
}

func (t *tracer) descriptor(fd uint64) string {
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", t.pid, int32(fd)))
	return path
}

// path reads the path at an address of the program.
func (t *tracer) path(tid int, fd, address uint64) string {
	b := make([]byte, unix.PathMax)
	n, _ := unix.PtracePeekData(tid, uintptr(address), b)
	path, _, _ := strings.Cut(string(b[:n]), "\x00")
	switch {
	case filepath.IsAbs(path):
		return path
	case int32(fd) != unix.AT_FDCWD:
		return filepath.Join(t.descriptor(fd), path)
	}
	return filepath.Join(t.dir, path)
}
