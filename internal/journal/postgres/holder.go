package postgres

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// A holder tells a process from all others. What cannot be told is empty.
type holder struct {
	host      string
	boot      string // of the kernel
	namespace string // in which pid counts
	pid       int
	started   string // in ticks since the boot
}

// self returns this process.
func self() holder {
	host, _ := os.Hostname()
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	namespace, _ := os.Readlink("/proc/self/ns/pid")
	h := holder{host: host, boot: strings.TrimSpace(string(boot)), namespace: namespace, pid: os.Getpid()}
	h.started, _ = started(h.pid)
	return h
}

// ended reports whether other has ended, as surely as this process can tell: its kernel
// and its PID namespace are those of h, and no process has its PID and start time.
func (h holder) ended(other holder) bool {
	if h.boot == "" || h.namespace == "" || h.boot != other.boot || h.namespace != other.namespace || other.pid <= 0 || other.started == "" {
		return false
	}
	now, err := started(other.pid)
	if errors.Is(err, fs.ErrNotExist) { // or it is hidden from this user
		p, _ := os.FindProcess(other.pid)
		return errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
	}
	return err == nil && now != other.started
}

// started returns when a process began; "" if it is over, and its parent has not noticed.
func started(pid int) (string, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(string(text[max(0, strings.LastIndexByte(string(text), ')')):]), " ")
	fields := strings.Fields(rest) // the first is the state, the third field of the file
	if len(fields) < 20 {
		return "", fs.ErrInvalid
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return "", nil
	}
	return fields[19], nil
}
