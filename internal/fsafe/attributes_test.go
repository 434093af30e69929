//go:build linux

package fsafe

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/credctl/credctl/internal/provider"
)

// setfacl changes the access control list of a path, or skips the test.
func setfacl(t *testing.T, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("setfacl"); err != nil {
		t.Skip("setfacl is not installed")
	}
	if out, err := exec.Command("setfacl", args...).CombinedOutput(); strings.Contains(string(out), "not supported") {
		t.Skip("this file system has no access control lists")
	} else {
		require.NoError(t, err, string(out))
	}
}

func getfacl(t *testing.T, path string) string {
	t.Helper()
	out, err := exec.Command("getfacl", "--absolute-names", "--numeric", path).CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

// TestAListOfReadersIsKept: whoever reads a file by its access control list reads its
// replacement too, and the hint of a refusal does not cut that reader off.
func TestAListOfReadersIsKept(t *testing.T) {
	path := file(t, filepath.Join(t.TempDir(), "key"), "old", 0o600)
	setfacl(t, "-m", "u:4321:r,g:1234:r", path)
	before := getfacl(t, path)
	require.Contains(t, before, "user:4321:r--")
	for _, err := range []error{Check(path, Options{}), WriteFile(path, []byte("new"), Options{})} {
		require.ErrorIs(t, err, provider.ErrRefused)
		require.ErrorContains(t, err, "which has an access control list")
		assert.Contains(t, provider.HintOf(err), "pass --allow-insecure-perms to keep its readers")
		assert.NotContains(t, provider.HintOf(err), "run: chmod 600")
	}
	assert.Equal(t, "old", content(t, path))
	for _, o := range []Options{{AllowInsecurePerms: true}, {AllowInsecurePerms: true, InPlace: true}} {
		require.NoError(t, Check(path, o))
		require.NoError(t, WriteFile(path, []byte("new"), o))
		assert.Equal(t, "new", content(t, path))
		assert.Equal(t, before, getfacl(t, path))
	}

	setfacl(t, "-m", "m::-", path) // a mask that lets nobody read
	before = getfacl(t, path)
	require.NoError(t, WriteFile(path, []byte("newer"), Options{}))
	assert.Equal(t, before, getfacl(t, path))
}

// A folder gives new files a list of its own, which a replacement does not get.
func TestAListOfTheFolderOpensNothing(t *testing.T) {
	dir := t.TempDir()
	path := file(t, filepath.Join(dir, "key"), "old", 0o640)
	setfacl(t, "-d", "-m", "u:4321:rw", dir)
	before := getfacl(t, path)
	require.NoError(t, WriteFile(path, []byte("new"), Options{AllowInsecurePerms: true}))
	assert.Equal(t, before, getfacl(t, path))

	fresh := filepath.Join(dir, "fresh")
	require.NoError(t, WriteFile(fresh, []byte("new"), Options{}))
	assert.Equal(t, os.FileMode(0o600), mode(t, fresh))
	assert.Contains(t, getfacl(t, fresh), "mask::---")
}

func TestExtendedAttributesAreKept(t *testing.T) {
	path := file(t, filepath.Join(t.TempDir(), "key"), "old", 0o600)
	err := unix.Setxattr(path, "user.origin", []byte("backup of monday"), 0)
	if errors.Is(err, unix.ENOTSUP) {
		t.Skip("this file system has no extended attributes")
	}
	require.NoError(t, err)
	if setfattr, err := exec.LookPath("setfattr"); err == nil {
		require.NoError(t, exec.Command(setfattr, "-n", "user.empty", path).Run())
	} else {
		require.NoError(t, unix.Setxattr(path, "user.empty", nil, 0))
	}
	require.NoError(t, Check(path, Options{}))
	require.NoError(t, WriteFile(path, []byte("new"), Options{}))
	assert.Equal(t, "new", content(t, path))
	value := make([]byte, 100)
	n, err := unix.Getxattr(path, "user.origin", value)
	require.NoError(t, err)
	assert.Equal(t, "backup of monday", string(value[:n]))
	n, err = unix.Getxattr(path, "user.empty", value)
	require.NoError(t, err)
	assert.Zero(t, n)
}

// TestAnAttributeThatCannotBeKept has the kernel refuse to set attributes, as it does
// for those that only root may set.
func TestAnAttributeThatCannotBeKept(t *testing.T) {
	dir := t.TempDir()
	path := file(t, filepath.Join(dir, "key"), "old", 0o600)
	if err := unix.Setxattr(path, "user.origin", []byte("x"), 0); errors.Is(err, unix.ENOTSUP) {
		t.Skip("this file system has no extended attributes")
	}
	out, err := start(t, "unattributed", path).CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Equal(t, "old", content(t, path))
	assert.Equal(t, []string{"key"}, names(t, dir))
}

func childUnattributed(path string) error {
	if err := failCall(unix.SYS_FSETXATTR, unix.EPERM); err != nil {
		return err
	}
	for _, err := range []error{Check(path, Options{}), WriteFile(path, []byte("new"), Options{})} {
		if !errors.Is(err, provider.ErrRefused) || !strings.Contains(err.Error(), "the attribute user.origin of "+path+" would be lost") ||
			!strings.Contains(provider.HintOf(err), "setfattr -x user.origin "+path) {
			return fmt.Errorf("not refused as it should be: %w", err)
		}
	}
	return nil
}
