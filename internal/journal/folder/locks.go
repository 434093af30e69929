package folder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"time"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/provider"
)

// Lock takes the kernel lock of that name. The death of the process gives it back too.
// Its file is removed, because there is a name for each credential.
func (f *Folder) Lock(ctx context.Context, name string, wait time.Duration) (held context.Context, release func(), err error) {
	release, err = fsafe.LockOnce(ctx, f.lockFile(name), wait)
	return ctx, release, locked(name, err)
}

// lock takes a lock that keeps others from changing files meanwhile. Who waits for another
// process tries again every few milliseconds; those of this process queue up, so that each
// has it at once when the one before has given it back.
func (f *Folder) lock(name string, wait time.Duration) (release func(), err error) {
	begin, turn := time.Now(), f.turn(name)
	select {
	case turn <- struct{}{}:
	default:
		select {
		case turn <- struct{}{}:
		case <-time.After(wait):
			return nil, backend.Locked(name, "")
		}
	}
	unlock, err := fsafe.Lock(context.Background(), f.lockFile(name), max(0, wait-time.Since(begin)))
	if err != nil {
		<-turn
		return nil, locked(name, err)
	}
	return func() { unlock(); <-turn }, nil
}

// turn is full while this process holds the lock of that name.
func (f *Folder) turn(name string) chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.turns == nil {
		f.turns = map[string]chan struct{}{}
	}
	if f.turns[name] == nil {
		f.turns[name] = make(chan struct{}, 1)
	}
	return f.turns[name]
}

func locked(name string, err error) error {
	if errors.Is(err, provider.ErrLocked) {
		err = backend.Locked(name, "")
	}
	return err
}

func (f *Folder) lockFile(name string) string {
	sum := sha256.Sum256([]byte(name)) // an ID may hold anything, and a file name may not
	return f.path("locks", hex.EncodeToString(sum[:16]))
}

func (f *Folder) lockIndex(wait time.Duration) (release func(), err error) {
	return f.lock("the index", wait)
}

// tidyLocks removes lock files that no run holds. Killed runs and older versions of credctl
// leave them.
func (f *Folder) tidyLocks() error {
	files, err := os.ReadDir(f.path("locks"))
	if err != nil {
		return missing(err)
	}
	for _, file := range files {
		if release, err := fsafe.LockOnce(context.Background(), f.path("locks", file.Name()), 0); err == nil {
			release()
		}
	}
	return nil
}
