// Package backend says what a journal needs of the place where it is kept.
package backend

import (
	"context"
	"errors"
	"fmt"
	"time"

	"filippo.io/age"

	"github.com/credctl/credctl/internal/journal/keyed"
	"github.com/credctl/credctl/internal/journal/seal"
	"github.com/credctl/credctl/internal/journal/spool"
	"github.com/credctl/credctl/internal/journal/trail"
	"github.com/credctl/credctl/internal/provider"
)

// A Backend is where a journal is kept. It holds lines of text, and does not have to know
// what they say. What it reports as written survives the death of the process, and of
// the machine. It is safe for concurrent use, by several processes too.
type Backend interface {
	Operations

	// Now is the time by the clock that all runs with this journal share.
	Now() time.Time

	// Key returns the key that the journal is written with, from its identity. One that it
	// was not written with is refused.
	Key(ctx context.Context) (*seal.Key, error)

	// Rekey makes another identity that of the journal, in one step.
	Rekey(ctx context.Context, to Rekeying) error

	// Lock takes the lock of that name. While another run holds it, Lock waits up to
	// wait, and then returns [provider.ErrLocked]. The context ends when the lock is
	// given back, or is lost; in that case its cause says so.
	Lock(ctx context.Context, name string, wait time.Duration) (held context.Context, release func(), err error)

	// Records is the list of the operations that have ended.
	Records(codec keyed.Codec) keyed.List

	// Sightings is the list of the credentials that were seen.
	Sightings(codec keyed.Codec) keyed.List

	// Spool is for what cannot be written because the journal cannot be reached; nil where
	// it is on this machine.
	Spool() *spool.Folder

	// Trail is the audit trail.
	Trail() trail.Lines
}

// Operations hold the text of each operation, which is that of an [entry.File].
type Operations interface {
	// Live returns the operations that were not moved by Finish or SetAside.
	Live() ([]Version, error)

	// Read returns the operations with these IDs, live or finished. Of those that are not
	// there, it returns none.
	Read(ids ...string) ([]Text, error)

	// Create adds an operation. When it fails, there is no such operation.
	Create(id string, text []byte) error

	// Append adds an entry, or returns [ErrConflict]. When it fails, there is no such
	// entry, or half of it, which reading ignores.
	Append(id string, a Addition) error

	// Replace replaces the text of an operation whose last entry has this MAC, or
	// returns [ErrConflict].
	Replace(id, after string, text []byte) error

	// Finish calls record, and then moves operations to those that are finished. It
	// returns how many it has moved: another process may be at it.
	Finish(ids []string, record func() error) (moved int)

	// Finished returns the operations that are finished and were not pruned, in order.
	Finished() ([]string, error)

	// Prune removes finished operations, of which these records stay. Where an older
	// credctl kept the journal, any call, with no ID too, has Finish move operations.
	Prune(ids []string, records [][]byte) error

	// SetAside moves an operation to where no run looks for it.
	SetAside(id string) (where string, err error)

	// Where names the place of an operation.
	Where(id string) string

	// Remedy says what to do about a damaged operation.
	Remedy(id string) string
}

// A Rekeying is the change to another identity.
type Rekeying struct {
	Identity *age.X25519Identity
	Passed   string // [seal.Key.Pass] of the key before, to that identity
}

// A Version tells whether an operation has changed since it was read.
type Version struct{ ID, Version string } // "": it cannot be told

// A Text is an operation as it was when it had that version.
type Text struct {
	Version

	Lines []byte
}

// An Addition is an entry that is added to an operation.
type Addition struct {
	After string // the MAC of the entry that it follows
	Line  []byte
	Head  []byte // the first line of the operation, from now on; nil: it has none
}

// ErrConflict is the error of a change to an operation whose last entry is not the one
// that the change expects: another run has changed the operation.
var ErrConflict = errors.New("another process has changed the operation")

// ErrKept is the class of the error of an entry that is kept on this machine, because the
// journal could not be reached, or is another run's by now.
var ErrKept = errors.New("kept on this machine")

// Release gives a lock back at the end of a function, whose error is then that of
// [Lost].
func Release(held context.Context, release func(), err *error) {
	release()
	*err = Lost(held, *err)
}

// Lost returns err, or what ended a context that Lock has returned, if the lock
// was lost. An error of class [ErrKept] says so itself, and where the entry is.
func Lost(held context.Context, err error) error {
	if cause := context.Cause(held); err != nil && errors.Is(cause, provider.ErrLocked) && !errors.Is(err, ErrKept) {
		return cause
	}
	return err
}

// Locked is the error of a lock that another run holds; by says which, or is empty.
func Locked(name, by string) error {
	if by != "" {
		by = " on " + by
	}
	return provider.Hint(provider.WithClass(provider.ErrLocked, fmt.Errorf("%s is locked by another run%s", name, by)),
		"run the command again later, or wait for the other run with --lock-timeout 5m")
}
