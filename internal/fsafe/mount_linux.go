package fsafe

import "golang.org/x/sys/unix"

// isMount reports whether path is a mount point, as the one file is that a
// container is given. It cannot be renamed over.
func isMount(path string) bool {
	var s unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, 0, &s)
	return err == nil && s.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
}
