//go:build failpoint

// Package failpoint marks the places where tests kill the process, and the waits
// that these tests make short. It does nothing unless it is built with the tag
// failpoint.
//
// It is our own because libraries return errors at such places, and rewrite the
// source for it; here the process is killed.
package failpoint

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Hit kills the process, as kill -9 does, when CREDCTL_FAILPOINT is name, or
// name:n at the nth time; with name:n:stop, it stops it, as kill -STOP does. It adds name
// to the file CREDCTL_FAILPOINT_LOG first, so that a test can list all there are.
func Hit(name string) {
	if path := os.Getenv("CREDCTL_FAILPOINT_LOG"); path != "" {
		if f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
			_, _ = f.WriteString(name + "\n")
			_ = f.Close()
		}
	}
	point, stop := strings.CutSuffix(os.Getenv("CREDCTL_FAILPOINT"), ":stop")
	want, count, counted := strings.Cut(point, ":")
	if want != name {
		return
	}
	n := 1
	if counted {
		n, _ = strconv.Atoi(count)
	}
	mu.Lock()
	defer mu.Unlock()
	hits++
	if hits == n && stop {
		_ = exec.Command("kill", "-STOP", strconv.Itoa(os.Getpid())).Run()
	} else if hits == n {
		p, _ := os.FindProcess(os.Getpid())
		_ = p.Kill() // SIGKILL, or TerminateProcess: no deferred function runs
		select {}
	}
}

var (
	mu   sync.Mutex
	hits int // of the one that was asked for
)

// Wait returns a tenth of d: a test starts the program a thousand times.
func Wait(d time.Duration) time.Duration { return d / 10 }
