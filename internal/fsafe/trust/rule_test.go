//go:build linux

package trust_test

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/fsafe/trust"
	"github.com/credctl/credctl/internal/provider"
)

// child is the environment variable that has this test binary make a folder.
const child = "CREDCTL_TRUST_CHILD"

func TestMain(m *testing.M) {
	dir := os.Getenv(child)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := fsafe.Dir(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// stranger is a user who is neither us nor root.
const stranger = 4321

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make files of other users")
	}
}

// file makes a file of ours.
func file(t *testing.T, path, content string) string {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}

// TestTheRuleOfPaths has a folder on the way to a file, or the file's own folder,
// be what others may or may not replace.
func TestTheRuleOfPaths(t *testing.T) {
	needRoot(t)
	for name, c := range map[string]struct {
		owner, group int
		mode         os.FileMode
		refused      string
	}{
		"ours, to be read by us":                  {0, 0, 0o700, ""},
		"ours, to be read by all":                 {0, 0, 0o755, ""},
		"writable by our own group":               {0, 0, 0o2775, ""},
		"writable by a group":                     {0, 1234, 0o775, "other users can replace"},
		"writable by a group with the setgid bit": {0, 1234, 0o770 | os.ModeSetgid, "other users can replace"},
		"writable by all":                         {0, 0, 0o777, "other users can replace"},
		"sticky, and writable by all":             {0, 0, 0o777 | os.ModeSticky, ""},
		"another user's":                          {stranger, 0, 0o755, "belongs to another user (uid 4321)"},
		"another user's, closed":                  {stranger, stranger, 0o700, "belongs to another user (uid 4321)"},
	} {
		t.Run(name, func(t *testing.T) {
			top := t.TempDir()
			dir := filepath.Join(top, "dir")
			require.NoError(t, os.MkdirAll(filepath.Join(dir, "own"), 0o700))
			require.NoError(t, os.Chown(dir, c.owner, c.group))
			require.NoError(t, os.Chmod(dir, c.mode))
			for _, path := range []string{filepath.Join(dir, "new"), filepath.Join(dir, "own", "new")} {
				_, created := fsafe.Create(path, 0o600)
				require.NoError(t, os.RemoveAll(path))
				appended, opened := fsafe.OpenAppend(path)
				if opened == nil {
					require.NoError(t, appended.Close())
				}
				require.NoError(t, os.RemoveAll(path))
				for what, err := range map[string]error{
					"Check": fsafe.Check(path, fsafe.Options{}), "CheckNew": fsafe.CheckNew(path), "WriteFile": fsafe.WriteFile(path, []byte("s"), fsafe.Options{}),
					"Create": created, "OpenAppend": opened, "Dir": fsafe.Dir(filepath.Join(filepath.Dir(path), "deep", "er")),
				} {
					if c.refused == "" {
						require.NoError(t, err, what)
						continue
					}
					require.ErrorIs(t, err, provider.ErrRefused, what)
					require.ErrorContains(t, err, c.refused, what)
					assert.NotEmpty(t, provider.HintOf(err), what)
				}
				if c.refused != "" {
					assert.NoFileExists(t, path)
				}
			}
		})
	}
}

// A link of somebody else's in a folder for all must not say where a secret goes.
func TestALinkOfAStranger(t *testing.T) {
	needRoot(t)
	shared := t.TempDir()
	require.NoError(t, os.Chmod(shared, 0o777|os.ModeSticky))
	home := t.TempDir()
	require.NoError(t, os.Chown(home, stranger, stranger))
	loot := file(t, filepath.Join(home, "authorized_keys"), "theirs")
	mine := file(t, filepath.Join(t.TempDir(), "key"), "ours")
	for name, c := range map[string]struct {
		to      string
		owner   int
		refused bool
	}{
		"a stranger's link to their file": {loot, stranger, true},
		"a stranger's link to our file":   {mine, stranger, true},
		"a stranger's link to nothing":    {filepath.Join(home, "new"), stranger, true},
		"our link to a stranger's file":   {loot, 0, true},
		"our link to our file":            {mine, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			link := filepath.Join(shared, "c.key")
			require.NoError(t, os.Symlink(c.to, link))
			defer os.Remove(link)
			require.NoError(t, os.Lchown(link, c.owner, c.owner))
			_, read := fsafe.OpenTrusted(link)
			for _, err := range []error{fsafe.Check(link, fsafe.Options{}), fsafe.WriteFile(link, []byte("new"), fsafe.Options{}), read} {
				if c.refused {
					require.ErrorIs(t, err, provider.ErrRefused)
				} else {
					require.NoError(t, err)
				}
			}
		})
	}
	assert.Equal(t, "theirs", content(t, loot))
	assert.NoFileExists(t, filepath.Join(home, "new"))
	assert.Equal(t, "new", content(t, mine))

	theirs := filepath.Join(shared, "theirs")
	require.NoError(t, os.Mkdir(theirs, 0o755))
	require.NoError(t, os.Chown(theirs, stranger, stranger))
	require.ErrorIs(t, fsafe.Check(filepath.Join(theirs, "key"), fsafe.Options{}), provider.ErrRefused)
}

// TestWhatCanNameACommand is about files that say what is run.
func TestWhatCanNameACommand(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	for name, c := range map[string]struct {
		owner, group int
		mode         os.FileMode
		refused      string
	}{
		"ours":                      {0, 0, 0o600, ""},
		"ours, to be read by all":   {0, 0, 0o644, ""},
		"writable by our own group": {0, 0, 0o664, ""},
		"writable by a group":       {0, 1234, 0o664, "other users can change"},
		"writable by all":           {0, 0, 0o666, "other users can change"},
		"another user's":            {stranger, 0, 0o666, "belongs to another user"},
		"another user's, closed":    {stranger, 0, 0o600, "belongs to another user"},
	} {
		t.Run(name, func(t *testing.T) {
			path := file(t, filepath.Join(dir, "policy.yaml"), "hook")
			require.NoError(t, os.Chown(path, c.owner, c.group))
			require.NoError(t, os.Chmod(path, c.mode))
			f, err := fsafe.OpenTrusted(path)
			if c.refused == "" {
				require.NoError(t, err)
				text, err := io.ReadAll(f)
				require.NoError(t, err)
				assert.Equal(t, "hook", string(text))
				require.NoError(t, f.Close())
				return
			}
			require.ErrorIs(t, err, provider.ErrRefused)
			require.ErrorContains(t, err, c.refused)
			require.ErrorContains(t, err, path)
			_, err = fsafe.ReadPrivate(path)
			require.ErrorIs(t, err, provider.ErrRefused)
		})
	}
	path := file(t, filepath.Join(dir, "policy.yaml"), "hook")
	require.NoError(t, os.Chmod(dir, 0o777))
	_, err := fsafe.OpenTrusted(path)
	require.ErrorIs(t, err, provider.ErrRefused)
	require.ErrorContains(t, err, path, "the file is named, not only its folder")
	require.ErrorContains(t, err, "replace files in "+dir)
}

// What the caller hands over as a descriptor is the caller's own.
func TestPipesAndDevicesAreRead(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	_, err = w.WriteString("piped")
	require.NoError(t, err)
	require.NoError(t, w.Close())
	defer r.Close()
	for path, want := range map[string]string{fmt.Sprintf("/dev/fd/%d", r.Fd()): "piped", os.DevNull: ""} {
		f, err := fsafe.OpenTrusted(path)
		require.NoError(t, err, path)
		text, err := io.ReadAll(f)
		require.NoError(t, err)
		assert.Equal(t, want, string(text))
		require.NoError(t, f.Close())
	}
}

// TestAVolumeOfAPrivateGroup is the rule for a user without an entry in
// /etc/passwd whose volume belongs to root and to a group of that number.
func TestAVolumeOfAPrivateGroup(t *testing.T) {
	needRoot(t)
	dir, err := os.MkdirTemp("/tmp", "volume") // t.TempDir is in a folder that this user cannot enter
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	require.NoError(t, err)
	binary := filepath.Join(dir, "child")
	b, err := os.ReadFile(self)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(binary, b, 0o755))
	require.NoError(t, os.Chmod(dir, 0o755))
	for name, c := range map[string]struct {
		primary, group uint32
		mode           os.FileMode
		works          bool
	}{
		"of our own group":                {10001, 10001, 0o770 | os.ModeSetgid, true},
		"of our group, not by its number": {10002, 10002, 0o770 | os.ModeSetgid, false},
		"of another group":                {10001, 10002, 0o770 | os.ModeSetgid, false},
		"writable by all":                 {10001, 10001, 0o777, false},
		"sticky, for all":                 {10001, 10001, 0o777 | os.ModeSticky, true},
		"of a shared group":               {10001, 1, 0o770 | os.ModeSetgid, false},
	} {
		t.Run(name, func(t *testing.T) {
			volume, err := os.MkdirTemp(dir, "v")
			require.NoError(t, err)
			require.NoError(t, os.Chown(volume, 0, int(c.group)))
			require.NoError(t, os.Chmod(volume, c.mode))
			cmd := exec.CommandContext(t.Context(), binary)
			cmd.Env = []string{child + "=" + filepath.Join(volume, "credctl")}
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 10001, Gid: c.primary, Groups: []uint32{c.group}}}
			out, err := cmd.CombinedOutput()
			if c.works {
				require.NoError(t, err, string(out))
				info, err := os.Stat(filepath.Join(volume, "credctl"))
				require.NoError(t, err)
				assert.Equal(t, os.ModeDir|0o700, info.Mode()&^os.ModeSetgid)
				return
			}
			require.Error(t, err)
			assert.Contains(t, string(out), "other users can replace files in "+volume)
		})
	}
}

// An access control list may let others write where the nine bits of the mode
// show a group of our own.
func TestAccessControlListsOfFolders(t *testing.T) {
	needRoot(t)
	if _, err := exec.LookPath("setfacl"); err != nil {
		t.Skip("setfacl is not installed")
	}
	dir := t.TempDir()
	for list, refused := range map[string]bool{"u:4321:rwx": true, "g:4321:rwx": true, "u:4321:rx": false, "u:0:rwx": false, "u:4321:rx,g:0:rwx": false, "u:4321:rwx,m::rx": false} {
		require.NoError(t, exec.Command("setfacl", "-b", dir).Run())
		require.NoError(t, exec.Command("setfacl", "-m", list, dir).Run())
		err := fsafe.Check(filepath.Join(dir, "key"), fsafe.Options{})
		if refused {
			require.ErrorIs(t, err, provider.ErrRefused, list)
		} else {
			require.NoError(t, err, list)
		}
	}
}

// Some file systems cannot sync a folder, and one that is not there cannot be synced.
func TestSyncDir(t *testing.T) {
	require.NoError(t, trust.SyncDir(t.TempDir()))
	require.NoError(t, trust.SyncDir("/proc"), "the kernel's own is nowhere on a disk")
	require.ErrorIs(t, trust.SyncDir(filepath.Join(t.TempDir(), "none")), fs.ErrNotExist)
}

// What a file has besides its content is given to the file that replaces it.
func TestAttributesAreKept(t *testing.T) {
	dir := t.TempDir()
	from, err := os.Open(file(t, filepath.Join(dir, "from"), "old"))
	require.NoError(t, err)
	defer from.Close()
	to, err := os.OpenFile(file(t, filepath.Join(dir, "to"), "new"), os.O_RDWR, 0)
	require.NoError(t, err)
	defer to.Close()
	if err := unix.Fsetxattr(int(from.Fd()), "user.origin", []byte("backup"), 0); err != nil {
		t.Skipf("this file system has no extended attributes: %v", err)
	}
	require.NoError(t, trust.KeepAttributes(to, from))
	value := make([]byte, 100)
	n, err := unix.Fgetxattr(int(to.Fd()), "user.origin", value)
	require.NoError(t, err)
	assert.Equal(t, "backup", string(value[:n]))
	require.Error(t, trust.KeepAttributes(to, closed(t, from.Name())))
}

func closed(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	return f
}

func TestMountsAreSeen(t *testing.T) {
	mount := func(path string) bool {
		at, err := trust.Locate(path, trust.Walk{})
		require.NoError(t, err)
		defer at.Folder.Close()
		return at.Folder.IsMount(at.Name)
	}
	assert.True(t, mount("/proc"))
	assert.False(t, mount(file(t, filepath.Join(t.TempDir(), "a"), "")))
}
