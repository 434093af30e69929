// Package journal is the durable record of rotations: their entries, which are in a
// keyed chain, and encrypted where they hold secrets; what later runs need of those that
// have ended; when each credential was first seen; and who did what.
//
// A [Backend] keeps it. Package folder has it in files of this machine.
package journal

import (
	"context"
	"sync"
	"time"

	"github.com/credctl/credctl/internal/journal/finished"
	"github.com/credctl/credctl/internal/journal/seal"
	"github.com/credctl/credctl/internal/journal/sighting"
)

// A Store is a journal. It is safe for concurrent use, by several processes too; an
// [Operation] is not, which is what [Store.Lock] is for.
type Store struct {
	Invoker string // who became the user of this process with sudo, for the audit trail

	backend   Backend
	archive   *finished.Archive
	sightings *sighting.Record

	mu  sync.Mutex
	key *seal.Key       // once it was needed
	ops map[string]read // by ID, as they were last read
}

// read is an operation, and of which version it was read.
type read struct {
	Operation

	version string
}

// New returns the journal that a backend keeps.
func New(b Backend) *Store {
	s := &Store{backend: b, ops: map[string]read{}}
	s.archive = s.openArchive()
	s.sightings = sighting.Open(b.Sightings)
	return s
}

// Backend returns where the journal is kept.
func (s *Store) Backend() Backend { return s.backend }

// Now is [Backend.Now].
func (s *Store) Now() time.Time { return s.backend.Now() }

// Lock is [Backend.Lock]. The death of the process gives the lock back too, at once or,
// where other machines cannot notice it, after some time.
func (s *Store) Lock(ctx context.Context, name string, timeout time.Duration) (held context.Context, release func(), err error) {
	return s.backend.Lock(ctx, name, timeout)
}
