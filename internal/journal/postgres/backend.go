// Package postgres keeps a journal in a PostgreSQL database, for runs on many hosts.
//
// A lock is a row with an epoch, which grows each time somebody takes the lock, and with
// the time at which it expires, by the clock of the database. A change to an operation
// is one statement, which also checks that every lock that this run has taken is still
// its own, and that the operation ends with the entry that the change follows. So a run
// that was paused for too long changes nothing. No statement needs more of a connection
// than the one before has left: it may go through a pooler.
package postgres

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/journal/keyed"
	"github.com/credctl/credctl/internal/journal/postgres/schema"
	"github.com/credctl/credctl/internal/journal/seal"
	"github.com/credctl/credctl/internal/journal/spool"
	"github.com/credctl/credctl/internal/journal/trail"
	"github.com/credctl/credctl/internal/provider"
)

// Options say how a journal is opened.
type Options struct {
	// Connect returns a new connection to a server that can be written to.
	Connect func(ctx context.Context) (*pgconn.PgConn, error)

	Where    string         // names the database, without a password
	Identity identity.Place // of the journal, which the database does not have
	Lease    time.Duration  // how long a lock lasts after the run that holds it has gone
	Spool    *spool.Folder  // of this machine
}

// A Database keeps a journal. It is safe for concurrent use, by several processes too.
type Database struct {
	options Options
	holder  holder
	store   schema.State
	conn    conn // for everything but the leases that are renewed
	leases  leases

	once   sync.Once
	key    *seal.Key
	failed error
}

// Open returns the journal in a database, which must have been initialised.
func Open(ctx context.Context, o Options) (*journal.Store, error) {
	d := &Database{options: o, holder: self()}
	d.conn.open, d.leases.conn.open = d.connect, d.connect
	d.leases.in = d
	if err := d.conn.check(ctx); err != nil {
		return nil, err
	}
	return journal.New(d), nil
}

// connect returns a connection to the database that holds the journal which was opened.
func (d *Database) connect(ctx context.Context) (*pgconn.PgConn, error) {
	pg, err := d.options.Connect(ctx)
	if err != nil {
		return nil, err
	}
	state, err := schema.Read(ctx, pg)
	if err == nil {
		err = state.Usable()
	}
	if err == nil && d.store.Store != "" && d.store.Store != state.Store {
		err = provider.WithClass(provider.ErrRefused, fmt.Errorf("%s holds another journal than when this run began", d.options.Where))
	}
	if err != nil {
		_ = pg.Close(ctx)
		return nil, err
	}
	if d.store.Store == "" { // by Open, before there is more than one connection
		d.store = state
	}
	return pg, nil
}

// Now is the time by the clock of the database.
func (d *Database) Now() time.Time { return d.conn.now() }

// Key returns the key of the journal's identity, which opens the canary in the database.
func (d *Database) Key(ctx context.Context) (*seal.Key, error) {
	d.once.Do(func() { d.key, d.failed = OpenKey(ctx, d.options.Identity, d.store, d.options.Where) })
	return d.key, d.failed
}

// Rekey makes another identity that of the journal.
func (d *Database) Rekey(ctx context.Context, to backend.Rekeying) error {
	canary, err := canaryOf(to.Identity)
	if err != nil {
		return err
	}
	_, err = d.conn.rows(ctx, "INSERT INTO credctl.meta VALUES ('recipient', $1), ('canary', $2), ('keys', $3) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
		to.Identity.Recipient().String(), canary, to.Passed)
	return err
}

// Records is the list of the operations that have ended.
func (d *Database) Records(codec keyed.Codec) keyed.List {
	return &list{in: &d.conn, table: "record", named: true, codec: codec}
}

// Sightings is the list of the credentials that were seen.
func (d *Database) Sightings(codec keyed.Codec) keyed.List {
	return &list{in: &d.conn, table: "seen", codec: codec}
}

// Spool is the folder of the options.
func (d *Database) Spool() *spool.Folder { return d.options.Spool }

// Trail is the audit trail.
func (d *Database) Trail() trail.Lines { return events{d} }

// random returns a text that no other process has.
func random() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // it never fails
	return hex.EncodeToString(b)
}

// text returns a line without its end.
func text(line []byte) string { return string(bytes.TrimSuffix(line, []byte("\n"))) }
