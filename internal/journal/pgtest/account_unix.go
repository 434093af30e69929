//go:build unix

package pgtest

import (
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// An account is who the servers run as: both refuse to run as root.
type account struct{ uid, gid int }

// unprivileged returns the account of the process, or another one if that is root.
func unprivileged() *account {
	if os.Getuid() != 0 {
		return &account{os.Getuid(), os.Getgid()}
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ := strconv.Atoi(u.Uid)
			gid, _ := strconv.Atoi(u.Gid)
			return &account{uid, gid}
		}
	}
	return &account{65534, 65534}
}

// runs makes c run as the account.
func (a *account) runs(c *exec.Cmd) {
	if os.Getuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}}
	}
}

// own gives a file, or a folder and what is in it, to the account.
func (a *account) own(path string) error {
	if os.Getuid() != 0 {
		return nil
	}
	return filepath.WalkDir(path, func(p string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(p, a.uid, a.gid)
	})
}
