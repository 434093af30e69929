// Package folder keeps a journal in a folder of this machine.
//
//	version              of the folder
//	operations/ID.jsonl  one rotation that has not ended, a step a line
//	finished/ID.jsonl    one that has
//	index.jsonl          what later runs need of each that has, a line each
//	pruned.jsonl         the same of those whose steps were removed
//	seen.jsonl           when a credential was first seen
//	*.idx                where the lines are; made again when it is lost
//	audit.jsonl          who did what, and what came of it
//	moved                where the journal is instead, if it has moved
//	locks/               kernel locks: of credentials while they are held, and of files
//	identity/            the key that opens the secrets in operations/, unless it is
//	                     elsewhere, and the recipient that tells it from another
//
// Every folder has mode 0700 and every file 0600. Secrets are in operations/
// alone, encrypted with age, and only until the operation has ended.
package folder

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/journal/keyed"
	"github.com/credctl/credctl/internal/journal/lines"
	"github.com/credctl/credctl/internal/journal/seal"
	"github.com/credctl/credctl/internal/journal/spool"
	"github.com/credctl/credctl/internal/journal/trail"
	"github.com/credctl/credctl/internal/provider"
)

// A Folder keeps a journal in files. It is safe for concurrent use, by several processes
// too.
type Folder struct {
	dir     string
	options Options
	noted   sync.Once

	mu     sync.Mutex
	marked bool // the folder says which version it is of
	turns  map[string]chan struct{}
}

// Options say how a folder is opened.
type Options struct {
	// Identity is where the age identity is that opens the secrets and keys the
	// entries' chain; nil is the folder identity/.
	Identity *identity.Place

	// Moved opens a folder also after its journal has moved elsewhere.
	Moved bool

	// Closed is called once with the path of a folder or file of the journal that
	// others could change, or a file that they could read, and that was closed to
	// them again.
	Closed func(path string)
}

// Open returns the journal in dir as [OpenWith] does, without options.
func Open(dir string) (*journal.Store, error) { return OpenWith(dir, Options{}) }

// OpenWith returns the journal in dir, which is $XDG_STATE_HOME/credctl. It makes the
// folders that are missing, closes them to others, and removes the partial files
// of runs that were killed.
func OpenWith(dir string, o Options) (*journal.Store, error) {
	f := &Folder{dir: dir, options: o}
	if err := f.checkVersion(); err != nil {
		return nil, err
	}
	if err := f.checkMoved(); err != nil {
		return nil, err
	}
	for _, d := range []string{dir, f.path("operations"), f.path("locks"), f.path("identity")} {
		opened, err := fsafe.Own(d)
		if err != nil {
			return nil, fmt.Errorf("state folder: %w", err)
		}
		f.closed(d, opened)
	}
	for _, d := range []string{"operations", "identity"} { // nobody writes a file of that name again
		fsafe.RemoveTemp(f.path(d))
	}
	return journal.New(f), nil
}

// closed tells once that a path was open to others.
func (f *Folder) closed(path string, opened bool) {
	if opened && f.options.Closed != nil {
		f.noted.Do(func() { f.options.Closed(path) })
	}
}

// own closes a file of the journal to others.
func (f *Folder) own(path string) error {
	opened, err := fsafe.OwnFile(path)
	f.closed(path, opened)
	return err
}

func (f *Folder) path(name ...string) string {
	return filepath.Join(append([]string{f.dir}, name...)...)
}

// Now is the time by the clock of this machine.
func (f *Folder) Now() time.Time { return time.Now() }

// lines returns a file of lines of the journal.
func (f *Folder) lines(name string) lines.File {
	return lines.File{Path: f.path(name), Own: f.own, Lock: func() (func(), error) { return f.lock(name, patience) }}
}

// Sightings is the file of the credentials that were seen.
func (f *Folder) Sightings(codec keyed.Codec) keyed.List {
	return newSightings(f.lines("seen.jsonl"), codec, func() (func(), error) { return f.lock("seen.idx", 0) })
}

// Spool is nil: the folder is on this machine.
func (f *Folder) Spool() *spool.Folder { return nil }

// Trail is the file of the audit trail.
func (f *Folder) Trail() trail.Lines { return f.lines("audit.jsonl") }

// Key returns the key of the folder's identity, which is made the first time.
func (f *Folder) Key(ctx context.Context) (*seal.Key, error) {
	release, err := f.lock(identityLock, patience)
	if err != nil {
		return nil, err
	}
	defer release()
	of := identity.Folder{Dir: f.dir, Used: func() (bool, error) {
		live, err := idsIn(f.path("operations"))
		return len(live) > 0 || exists(f.path(recordFile)) || !f.nothingFinished(), err
	}}
	id, err := of.Find(ctx, f.place())
	if errors.Is(err, provider.ErrUsage) && provider.HintOf(err) == "" { // it is damaged
		err = provider.Hint(err, "restore it from a backup; or, if it is lost, move %s away", f.dir)
	}
	if err != nil {
		return nil, err
	}
	passed, err := of.Passed()
	if err != nil {
		return nil, err
	}
	return seal.Restore(id, passed)
}

const identityLock = "the journal's identity"

// Rekey makes another identity that of the folder. Where the folder has its own, it is
// replaced.
func (f *Folder) Rekey(_ context.Context, to backend.Rekeying) error {
	release, err := f.lock(identityLock, patience)
	if err != nil {
		return err
	}
	defer release()
	return identity.Folder{Dir: f.dir}.Replace(to.Identity, to.Passed)
}

// place returns where the identity is.
func (f *Folder) place() identity.Place {
	if f.options.Identity != nil {
		return *f.options.Identity
	}
	own := identity.File(f.path("identity", "age.txt"))
	read := own.Read
	own.Read = func(ctx context.Context) ([]byte, error) {
		if err := f.own(own.Name); err != nil {
			return nil, err
		}
		return read(ctx)
	}
	return own
}
