package fsafe_test

import (
	"bufio"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

// folder is t.TempDir, with os.Remove, which also Wine knows.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "")
	require.NoError(t, err)
	t.Cleanup(func() {
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, path := range append(files, dir) {
			assert.NoError(t, os.Remove(path))
		}
	})
	return dir
}

// TestMain holds a lock where it is told to, until it is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv("HOLD"); path != "" {
		if _, err := fsafe.Lock(context.Background(), path, 0); err == nil {
			_, _ = os.Stdout.WriteString("held\n")
		}
		time.Sleep(time.Minute)
	}
	os.Exit(m.Run())
}

func TestAFileIsReplacedOnWindows(t *testing.T) {
	dir := folder(t)
	path := filepath.Join(dir, "secret")
	require.NoError(t, fsafe.Check(path, fsafe.Options{}))
	require.NoError(t, fsafe.WriteFile(path, []byte("one"), fsafe.Options{}))
	require.NoError(t, fsafe.WriteFile(path, []byte("two"), fsafe.Options{}))
	require.NoError(t, fsafe.WriteFile(path, []byte("three"), fsafe.Options{InPlace: true}))
	text, err := fsafe.ReadPrivate(path)
	require.NoError(t, err)
	assert.Equal(t, "three", string(text))
	names, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, names, 1, "no temporary file is left")

	_, err = fsafe.Create(path, 0o600)
	require.ErrorIs(t, err, fs.ErrExist)
	require.ErrorContains(t, fsafe.WriteFile(dir+`\`, nil, fsafe.Options{}), "is a folder, not a file")
	require.ErrorIs(t, fsafe.Check(filepath.Join(dir, "none", "secret"), fsafe.Options{}), fs.ErrNotExist)
}

func TestAFileIsAppendedToOnWindows(t *testing.T) {
	path := filepath.Join(folder(t), "trail")
	for _, line := range []string{"one\n", "two\n"} {
		f, err := fsafe.OpenAppend(path)
		require.NoError(t, err)
		require.NoError(t, fsafe.Append(f, []byte(line)))
		require.NoError(t, f.Close())
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "one\ntwo\n", string(text))
}

func TestFoldersOfOursOnWindows(t *testing.T) {
	dir := filepath.Join(folder(t), "state")
	opened, err := fsafe.Own(dir)
	require.NoError(t, err)
	assert.False(t, opened, "who may open it is for its access control list to say")
	require.NoError(t, fsafe.Dir(dir))
	require.NoError(t, fsafe.SyncDir(dir))
	opened, err = fsafe.OwnFile(filepath.Join(dir, "none"))
	require.NoError(t, err)
	assert.False(t, opened)
	found, err := fsafe.Resolve(filepath.Join(dir, "none"))
	require.NoError(t, err)
	assert.Equal(t, "none", filepath.Base(found))
}

func TestALockEndsWithItsHolderOnWindows(t *testing.T) {
	path := filepath.Join(folder(t), "lock")
	holder := exec.CommandContext(t.Context(), os.Args[0])
	holder.Env = append(os.Environ(), "HOLD="+path)
	out, err := holder.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, holder.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "held\n", line)
	_, err = fsafe.Lock(t.Context(), path, 0)
	require.ErrorIs(t, err, provider.ErrLocked)
	require.NoError(t, holder.Process.Kill())
	_ = holder.Wait()
	release, err := fsafe.Lock(t.Context(), path, 10*time.Second)
	require.NoError(t, err)
	release()
}
