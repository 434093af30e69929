package fsafe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/credctl/credctl/internal/provider"
)

// Lock takes the lock that is named by the file at path, which it makes when it
// is not there, and returns the function that gives it back. While another holds
// it, Lock waits for at most timeout (0: not at all), and then fails with
// [provider.ErrLocked].
//
// The kernel holds the lock, so that it ends with the process, however that
// ends. The file stays.
func Lock(ctx context.Context, path string, timeout time.Duration) (release func(), err error) {
	l, err := lock(ctx, path, timeout)
	if err != nil {
		return nil, err
	}
	return func() { _ = l.Unlock() }, nil // closing the file frees it in any case
}

// LockOnce is Lock with a file that is removed when the lock is given back: for names of
// which there are more and more. A process that is killed leaves the file.
func LockOnce(ctx context.Context, path string, timeout time.Duration) (release func(), err error) {
	l, err := lock(ctx, path, timeout)
	if err != nil {
		return nil, err
	}
	return func() { unlockAndRemove(l) }, nil
}

func lock(ctx context.Context, path string, timeout time.Duration) (*flock.Flock, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := flock.New(path, flock.SetPermissions(private))
	locked, err := try(l)
	if err == nil && !locked && timeout > 0 {
		waiting, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		for err == nil && !locked {
			if locked, err = l.TryLockContext(waiting, 25*time.Millisecond); locked {
				locked, err = current(l)
			}
		}
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			err = nil // it is our own limit, not the caller's
		}
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if !locked {
		return nil, provider.Hint(provider.WithClass(provider.ErrLocked, fmt.Errorf("%s is locked by another run", path)),
			"wait for the other run to end")
	}
	return l, nil
}

// try locks a file without waiting for another that holds it.
func try(l *flock.Flock) (locked bool, err error) {
	for range 100 { // each time another has taken the lock, and given it back
		if locked, err = l.TryLock(); err != nil || !locked {
			return false, err
		}
		if locked, err = current(l); err != nil || locked {
			return locked, err
		}
	}
	return false, nil
}

// current reports whether the locked file is the one at its path: a holder before may
// have removed it. Otherwise, it unlocks the file.
func current(l *flock.Flock) (bool, error) {
	if mine, err := l.Stat(); err == nil && !nameless(mine) {
		if now, err := os.Stat(l.Path()); err == nil && os.SameFile(mine, now) { //nolint:gosec // G703: the caller's path
			return true, nil
		}
	}
	return false, l.Unlock()
}

const placeWait = 30 * time.Second // an edit takes milliseconds

// Locked calls work with the lock of a place that runs of credctl edit, in a folder of
// ours, which it makes.
func Locked(ctx context.Context, dir, place string, work func() error) error {
	if err := Dir(dir); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(place))
	release, err := LockOnce(ctx, filepath.Join(dir, hex.EncodeToString(sum[:12])+".lock"), placeWait)
	if err != nil {
		return err
	}
	defer release()
	return work()
}
