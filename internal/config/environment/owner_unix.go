//go:build unix

package environment

import (
	"os"
	"syscall"
)

// otherOwner reports whether a folder belongs to another user, and to whom.
func otherOwner(dir string) (uid uint32, other bool) {
	info, err := os.Stat(dir)
	if err != nil {
		return 0, false // creating something there says why it cannot be done
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return s.Uid, int(s.Uid) != os.Geteuid()
}
