package fsafe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
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
// ends. The file stays: removing it would let two processes lock two files of
// one name.
func Lock(ctx context.Context, path string, timeout time.Duration) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := flock.New(path, flock.SetPermissions(private))
	locked, err := l.TryLock()
	if err == nil && !locked && timeout > 0 {
		waiting, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		locked, err = l.TryLockContext(waiting, 25*time.Millisecond)
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
	return func() { _ = l.Unlock() }, nil // closing the file frees it in any case
}

const placeWait = 30 * time.Second // an edit takes milliseconds

// Locked calls work with the lock of a place that runs of credctl edit, in a folder of
// ours, which it makes.
func Locked(ctx context.Context, dir, place string, work func() error) error {
	if err := Dir(dir); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(place))
	release, err := Lock(ctx, filepath.Join(dir, hex.EncodeToString(sum[:12])+".lock"), placeWait)
	if err != nil {
		return err
	}
	defer release()
	return work()
}
