// Package journal is the durable record of rotations. What it reports as written
// survives the death of the process, and of the machine.
//
//	version              of the folder
//	operations/ID.jsonl  one rotation that has not ended, a step a line
//	finished/ID.jsonl    one that has
//	index.jsonl          what later runs need of each that has, a line each
//	pruned.jsonl         the same of those whose steps were removed
//	seen.jsonl           when a credential was first seen
//	*.idx                where the lines are; made again when it is lost
//	audit.jsonl          who did what, and what came of it
//	locks/               kernel locks, one for each credential
//	identity/            the key that opens the secrets in operations/, unless it is
//	                     elsewhere, and the recipient that tells it from another
//
// Every folder has mode 0700 and every file 0600. Secrets are in operations/
// alone, encrypted with age, and only until the operation has ended.
package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/journal/finished"
	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/journal/lines"
	"github.com/credctl/credctl/internal/journal/seal"
	"github.com/credctl/credctl/internal/journal/sighting"
	"github.com/credctl/credctl/internal/provider"
)

// A Store is the folder that holds all of it. It is safe for concurrent use, by
// several processes too; an [Operation] is not, which is what [Store.Lock] is for.
type Store struct {
	dir string

	options Options
	noted   sync.Once

	archive   *finished.Archive
	sightings *sighting.Record

	mu     sync.Mutex
	key    *seal.Key            // once it was needed
	ops    map[string]Operation // by ID, as they were last read
	marked bool                 // the folder says which version it is of
}

// Options say how a store is opened.
type Options struct {
	// Identity is where the age identity is that opens the secrets and keys the
	// entries' chain; nil is the folder identity/.
	Identity *identity.Place

	// Closed is called once with the path of a folder or file of the store that
	// others could change, or a file that they could read, and that was closed to
	// them again.
	Closed func(path string)
}

// Open returns the store in dir as [OpenWith] does, without options.
func Open(dir string) (*Store, error) { return OpenWith(dir, Options{}) }

// OpenWith returns the store in dir, which is $XDG_STATE_HOME/credctl. It makes the
// folders that are missing, closes them to others, and removes the partial files
// of runs that were killed.
func OpenWith(dir string, o Options) (*Store, error) {
	s := &Store{dir: dir, options: o, ops: map[string]Operation{}}
	s.archive = s.openArchive()
	s.sightings = sighting.Open(s.lines("seen.jsonl"), func() (func(), error) { return s.Lock(context.Background(), "seen.idx", 0) })
	if err := s.checkVersion(); err != nil {
		return nil, err
	}
	for _, d := range []string{dir, s.path("operations"), s.path("locks"), s.path("identity")} {
		opened, err := fsafe.Own(d)
		if err != nil {
			return nil, fmt.Errorf("state folder: %w", err)
		}
		s.closed(d, opened)
	}
	for _, d := range []string{"operations", "identity"} { // nobody writes a file of that name again
		fsafe.RemoveTemp(s.path(d))
	}
	return s, nil
}

// closed tells once that a path was open to others.
func (s *Store) closed(path string, opened bool) {
	if opened && s.options.Closed != nil {
		s.noted.Do(func() { s.options.Closed(path) })
	}
}

// own closes a file of the store to others.
func (s *Store) own(path string) error {
	opened, err := fsafe.OwnFile(path)
	s.closed(path, opened)
	return err
}

// Dir returns the folder.
func (s *Store) Dir() string { return s.dir }

func (s *Store) path(name ...string) string {
	return filepath.Join(append([]string{s.dir}, name...)...)
}

// Lock takes the kernel lock of that name, and returns what gives it back; the
// death of the process does so too. While another process holds it, Lock waits
// up to timeout, and then returns [provider.ErrLocked].
func (s *Store) Lock(ctx context.Context, name string, timeout time.Duration) (release func(), err error) {
	sum := sha256.Sum256([]byte(name)) // an ID may hold anything, and a file name may not
	release, err = fsafe.Lock(ctx, s.path("locks", hex.EncodeToString(sum[:16])), timeout)
	if errors.Is(err, provider.ErrLocked) {
		return nil, provider.Hint(provider.WithClass(provider.ErrLocked, fmt.Errorf("%s is locked by another run", name)),
			"run the command again later, or wait for the other run with --lock-timeout 5m")
	}
	return release, err
}

// lines returns a file of lines of the store.
func (s *Store) lines(name string) lines.File {
	return lines.File{Path: s.path(name), Own: s.own, Lock: func() (func(), error) { return s.Lock(context.Background(), name, 10*time.Second) }}
}
