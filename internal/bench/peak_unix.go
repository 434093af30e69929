//go:build unix

package main

import (
	"os"
	"syscall"
)

// peak is the most memory that an ended process had: in KiB on Linux, in bytes on macOS.
func peak(p *os.ProcessState) int64 {
	if usage, ok := p.SysUsage().(*syscall.Rusage); ok {
		return int64(usage.Maxrss)
	}
	return 0
}
