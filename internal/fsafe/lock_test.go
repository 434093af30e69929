//go:build linux

package fsafe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// TestOneLock has 20 processes count in one file, under the lock.
func TestOneLock(t *testing.T) {
	dir := t.TempDir()
	counter := file(t, filepath.Join(dir, "n"), "0", 0o600)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			out, err := start(t, "lock", dir).CombinedOutput()
			assert.NoError(t, err, string(out))
		})
	}
	all.Wait()
	assert.Equal(t, "100", content(t, counter))
}

func childLock(dir string) error { return count(dir, 5, Lock) }

func childLockOnce(dir string) error { return count(dir, 20, LockOnce) }

func count(dir string, times int, lock func(context.Context, string, time.Duration) (func(), error)) error {
	for range times {
		release, err := lock(context.Background(), filepath.Join(dir, "lock"), time.Minute)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, "n")
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(b))
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(strconv.Itoa(n+1)), 0o600); err != nil {
			return err
		}
		release()
	}
	return nil
}

// TestALockWhoseFileIsRemoved has 20 processes count in one file, under a lock whose file
// each of them removes.
func TestALockWhoseFileIsRemoved(t *testing.T) {
	dir := t.TempDir()
	counter := file(t, filepath.Join(dir, "n"), "0", 0o600)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			out, err := start(t, "lockonce", dir).CombinedOutput()
			assert.NoError(t, err, string(out))
		})
	}
	all.Wait()
	assert.Equal(t, "400", content(t, counter))
	assert.NoFileExists(t, filepath.Join(dir, "lock"))
}

// childHold holds a lock until it is killed.
func childHold(path string) error {
	if _, err := Lock(context.Background(), path, 0); err != nil {
		return err
	}
	fmt.Print(".")
	time.Sleep(time.Hour)
	return nil
}

func TestLockEndsWithItsHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	cmd := start(t, "hold", path)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = io.ReadFull(out, make([]byte, 1))
	require.NoError(t, err)

	_, err = Lock(t.Context(), path, 0)
	require.ErrorIs(t, err, provider.ErrLocked)
	_, err = Lock(t.Context(), path, 60*time.Millisecond)
	require.ErrorIs(t, err, provider.ErrLocked)
	require.NotErrorIs(t, err, context.DeadlineExceeded)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err = Lock(ctx, path, time.Minute)
	require.ErrorIs(t, err, context.DeadlineExceeded, "the caller's own limit is no lock")
	require.NotErrorIs(t, err, provider.ErrLocked)

	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
	release, err := Lock(t.Context(), path, 0)
	require.NoError(t, err)
	_, err = Lock(t.Context(), path, 0)
	require.ErrorIs(t, err, provider.ErrLocked, "within one process too")
	release()
	release, err = Lock(t.Context(), path, 0)
	require.NoError(t, err)
	release()
}

// A lock whose file was deleted under its holder does not take away the file of the next one.
func TestALockThatWasReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := LockOnce(t.Context(), path, 0)
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	second, err := LockOnce(t.Context(), path, 0)
	require.NoError(t, err)
	first()
	_, err = LockOnce(t.Context(), path, 0)
	require.ErrorIs(t, err, provider.ErrLocked, "the second has it")
	second()
	assert.NoFileExists(t, path)
}

// A lock counts where its path still leads to the locked file. Otherwise whoever finds that
// out takes the lock of the file that is there.
func TestALockOfAFileThatIsNotAtItsPath(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"removed": os.Remove,
		"moved":   func(path string) error { return os.Rename(path, path+".moved") },
		"replaced": func(path string) error {
			return errors.Join(os.Rename(path, path+".moved"), os.WriteFile(path, nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "lock")
			l := flock.New(path)
			locked, err := l.TryLock()
			require.NoError(t, err)
			require.True(t, locked)
			require.NoError(t, change(path))
			locked, err = try(l)
			require.NoError(t, err)
			assert.True(t, locked)
			_, err = Lock(t.Context(), path, 0)
			require.ErrorIs(t, err, provider.ErrLocked, "it is the file at the path that is locked")
			require.NoError(t, l.Unlock())
		})
	}
}
