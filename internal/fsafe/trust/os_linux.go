package trust

import (
	"encoding/binary"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lookOnly opens a folder that can only be gone through, too.
const lookOnly = unix.O_PATH

func isReadOnly(s unix.Statfs_t) bool { return s.Flags&unix.ST_RDONLY != 0 }

func isPseudo(s unix.Statfs_t) bool { return s.Type == unix.PROC_SUPER_MAGIC }

// IsMount reports whether a name in d is a mount point, as the one file is that a
// container is given. It cannot be renamed over.
func (d *Folder) IsMount(name string) bool { return d.attributes(name)&unix.STATX_ATTR_MOUNT_ROOT != 0 }

// IsImmutable reports whether a name in d is a file that chattr keeps from being changed.
func (d *Folder) IsImmutable(name string) bool {
	return d.attributes(name)&(unix.STATX_ATTR_IMMUTABLE|unix.STATX_ATTR_APPEND) != 0
}

func (d *Folder) attributes(name string) uint64 {
	var s unix.Statx_t
	if err := unix.Statx(d.fd, name, unix.AT_SYMLINK_NOFOLLOW, 0, &s); err != nil {
		return 0
	}
	return s.Attributes
}

// aclAttribute is the access control list of a file, as Linux keeps it.
const aclAttribute = "system.posix_acl_access"

// acl returns the access control list of a file, or nothing where it has none.
func acl(f *os.File) ([]byte, error) {
	b, err := attribute(f, aclAttribute)
	if errors.Is(err, unix.ENODATA) || errors.Is(err, unix.ENOTSUP) {
		return nil, nil
	}
	return b, err
}

func attribute(f *os.File, name string) ([]byte, error) {
	for {
		size, err := unix.Fgetxattr(int(f.Fd()), name, nil)
		if err != nil {
			return nil, err
		}
		b := make([]byte, size)
		if size, err = unix.Fgetxattr(int(f.Fd()), name, b); !errors.Is(err, unix.ERANGE) { // it has grown
			return b[:max(size, 0)], err
		}
	}
}

// ownWriters reports whether an access control list, which begins with its version
// and has eight bytes for each entry, names no user and no group that may write
// but us, root and our private group.
func ownWriters(list []byte) bool {
	const (
		users, groups = 0x02, 0x08 // the tags of entries that name one
		write         = 2
	)
	if len(list) == 0 {
		return true
	}
	for at := 4; at+8 <= len(list); at += 8 {
		tag, rights, id := binary.LittleEndian.Uint16(list[at:]), binary.LittleEndian.Uint16(list[at+2:]), binary.LittleEndian.Uint32(list[at+4:])
		switch {
		case rights&write == 0:
		case tag == users && id != 0 && int(id) != os.Geteuid(), tag == groups && !privateGroup(id):
			return false
		}
	}
	return len(list)%8 == 4
}
