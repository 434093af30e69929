package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/journal/pgtest"
	"github.com/credctl/credctl/internal/journal/spool"
	"github.com/credctl/credctl/internal/provider"
)

var key = journal.Ref{Provider: "acme", Kind: "key", ID: "A"}

func intent() journal.Entry {
	return journal.Entry{Time: time.Now(), Step: "intent", Provider: key.Provider, Kind: key.Kind, OldID: key.ID, Data: json.RawMessage(`{"a":"b"}`)}
}

func issued() journal.Entry {
	return journal.Entry{Time: time.Now(), Step: journal.Issued, NewID: "B", Secrets: map[string]provider.Secret{journal.NewSecret: provider.NewSecret("canary-5f")}}
}

// on opens the journal as a run on a host, with a folder of its own for what it keeps.
func (s state) on(t testing.TB, url string, notes *[]string, change ...func(*Options)) (*journal.Store, *Database) {
	t.Helper()
	o := s.options(t, url)
	o.Spool = &spool.Folder{Dir: filepath.Join(t.TempDir(), "state", "spool"), Note: func(text string) { *notes = append(*notes, text) }}
	for _, f := range change {
		f(&o)
	}
	j, err := Open(t.Context(), o)
	require.NoError(t, err)
	return j, j.Backend().(*Database)
}

// A connection that the server ends between two statements is opened again.
func TestAConnectionIsOpenedAgain(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	for _, url := range []string{s.URL(pgtest.App), s.Pooled(pgtest.App)} {
		var notes []string
		j, _ := s.on(t, url, &notes)
		_, release, err := j.Lock(t.Context(), "a lock", 0)
		require.NoError(t, err)
		s.Disconnect(t)
		o, err := j.Create(intent())
		require.NoError(t, err)
		s.Disconnect(t)
		require.NoError(t, o.Append(issued()))
		s.Disconnect(t)
		require.NoError(t, o.Wipe())
		release()
		read, err := j.Load(o.ID)
		require.NoError(t, err)
		require.NoError(t, read.Damaged)
		assert.Equal(t, o.Entries, read.Entries)
		assert.Empty(t, notes)
	}
}

// A statement whose answer was lost is not carried out twice.
func TestAStatementIsCarriedOutOnce(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	var notes []string
	j, d := s.on(t, s.URL(pgtest.App), &notes)
	o, err := j.Create(intent())
	require.NoError(t, err)
	texts, err := d.Read(o.ID)
	require.NoError(t, err)
	require.NoError(t, d.Create(o.ID, texts[0].Lines), "sent again")
	other, err := j.Load(o.ID)
	require.NoError(t, err)
	require.NoError(t, o.Append(issued()))
	texts, err = d.Read(o.ID)
	require.NoError(t, err)
	head, bodies, _ := divide(texts[0].Lines)
	a := backend.Addition{After: other.Last().MAC, Line: []byte(bodies[1] + "\n"), Head: []byte(head)}
	require.NoError(t, d.Append(o.ID, a), "sent again")
	read, err := j.Load(o.ID)
	require.NoError(t, err)
	assert.Equal(t, o.Entries, read.Entries)
}

// TestADatabaseThatGoesAway stops a server, and restores it to a backup.
func TestADatabaseThatGoesAway(t *testing.T) {
	server := pgtest.Start(t, pgtest.Options{Durable: true})
	t.Run("an answer is kept", func(t *testing.T) { keepsAnswers(t, server) })
	t.Run("entries are lost", func(t *testing.T) { losesEntries(t, server) })
}

// What the vendor has answered while the database is away is given back by the next run
// on this host, and secrets in it are encrypted until then.
func keepsAnswers(t *testing.T, server *pgtest.Server) {
	for name, elsewhere := range map[string]bool{"nobody has continued": false, "another host has continued": true} {
		t.Run(name, func(t *testing.T) {
			s := initialised(t, server)
			var notes []string
			j, d := s.on(t, s.URL(pgtest.App), &notes)
			_, release, err := j.Lock(t.Context(), "a lock", 0)
			require.NoError(t, err)
			o, err := j.Create(intent())
			require.NoError(t, err)
			server.Stop()
			err = o.Append(issued())
			require.ErrorIs(t, err, journal.ErrKept)
			require.ErrorIs(t, err, provider.ErrUnavailable)
			kept := filepath.Join(d.Spool().Dir, o.ID+".jsonl")
			require.ErrorContains(t, err, kept)
			require.ErrorIs(t, o.Append(journal.Entry{Time: time.Now(), Step: "verified"}), provider.ErrUnavailable)
			release()
			text, err := os.ReadFile(kept)
			require.NoError(t, err)
			assert.NotContains(t, string(text), "canary-5f")
			_, err = Open(t.Context(), d.options)
			require.ErrorIs(t, err, provider.ErrUnavailable)

			server.Start(t)
			if elsewhere {
				other := s.open(t, s.URL(pgtest.App))
				read, err := other.Load(o.ID)
				require.NoError(t, err)
				require.NoError(t, read.Append(journal.Entry{Time: time.Now(), Step: journal.Issued, NewID: "C"}))
			}
			again, err := Open(t.Context(), d.options)
			require.NoError(t, err)
			x, err := again.Index()
			require.NoError(t, err)
			require.Len(t, x.Unfinished(), 1)
			assert.NoFileExists(t, kept)
			require.Len(t, notes, 1)
			if elsewhere {
				assert.Contains(t, notes[0], "Discarded the local copy of rotation "+o.ID)
				assert.Len(t, x.Unfinished()[0].Entries, 2)
				return
			}
			assert.Contains(t, notes[0], "Added the local copy")
			secrets, err := x.Unfinished()[0].Secrets()
			require.NoError(t, err)
			assert.Equal(t, "canary-5f", secrets[journal.NewSecret].Reveal())
		})
	}
}

// A database that was restored to a backup gets back what a run still knows; a run that
// has lost its lock with it stops.
func losesEntries(t *testing.T, server *pgtest.Server) {
	s := initialised(t, server)
	var notes []string
	j, _ := s.on(t, s.URL(pgtest.App), &notes)
	o, err := j.Create(intent())
	require.NoError(t, err)
	locked, _ := s.on(t, s.URL(pgtest.App), &notes)
	restore := server.Backup(t)
	require.NoError(t, o.Append(issued()))
	none, err := j.Create(intent())
	require.NoError(t, err)
	_, _, err = locked.Lock(t.Context(), "a lock", 0)
	require.NoError(t, err)
	its, err := locked.Create(intent())
	require.NoError(t, err)
	restore(t)

	require.NoError(t, o.Append(journal.Entry{Time: time.Now(), Step: "verified"}))
	require.NoError(t, none.Append(issued()))
	for id, entries := range map[string]int{o.ID: 3, none.ID: 2} {
		read, err := j.Load(id)
		require.NoError(t, err)
		require.NoError(t, read.Damaged)
		assert.Len(t, read.Entries, entries)
	}
	err = its.Append(issued())
	require.ErrorIs(t, err, provider.ErrLocked)
	require.ErrorIs(t, err, journal.ErrKept)
	_, err = j.Load(its.ID)
	require.ErrorIs(t, err, provider.ErrNotFound)
}

func TestADatabaseThatIsReadOnly(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	var notes []string
	j, _ := s.on(t, s.URL(pgtest.App), &notes)
	o, err := j.Create(intent())
	require.NoError(t, err)
	s.ReadOnly(t, true)
	s.Disconnect(t)
	require.ErrorIs(t, o.Append(issued()), provider.ErrUnavailable)
	s.ReadOnly(t, false)
	s.Disconnect(t)
	_, err = j.Index()
	require.NoError(t, err)
	assert.Len(t, notes, 1)
}

// Who has another identity learns so before anything is issued.
func TestAnotherIdentityIsRefused(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	other, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	for what, read := range map[string]func(context.Context) ([]byte, error){
		"is not the identity of the state": func(context.Context) ([]byte, error) { return []byte(other.String()), nil },
		"does not exist":                   func(context.Context) ([]byte, error) { return nil, os.ErrNotExist },
		"no age identity":                  func(context.Context) ([]byte, error) { return []byte("x"), nil },
	} {
		o := s.options(t, s.URL(pgtest.App))
		o.Identity.Read = read
		j, err := Open(t.Context(), o)
		require.NoError(t, err)
		_, err = j.Create(intent())
		require.Error(t, err, what)
		require.ErrorIs(t, j.CheckIdentity(), journal.ErrIdentity, what)
		if what == "is not the identity of the state" {
			require.ErrorIs(t, err, provider.ErrDenied)
			require.ErrorContains(t, err, what)
		}
	}
	assert.Equal(t, "0", s.SQL(t, "SELECT count(*) FROM credctl.operation"))
}

// A server that holds another journal than when the run began is not written to.
func TestAnotherJournalIsRefused(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	var notes []string
	j, _ := s.on(t, s.URL(pgtest.App), &notes)
	s.SQL(t, "UPDATE credctl.meta SET value = 'other' WHERE key = 'store'")
	s.Disconnect(t)
	_, err := j.Create(intent())
	require.ErrorIs(t, err, provider.ErrRefused)
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	o := s.options(t, s.URL(pgtest.App))
	o.Connect = func(context.Context) (*pgconn.PgConn, error) { return nil, errors.New("down") }
	_, err := Open(t.Context(), o)
	require.EqualError(t, err, "down")
	s.SQL(t, "UPDATE credctl.meta SET value = '99' WHERE key = 'min_reader'")
	_, err = Open(t.Context(), s.options(t, s.URL(pgtest.App)))
	require.ErrorIs(t, err, provider.ErrUsage)
}

// A change of an event in the table shows.
func TestAChangedEventShows(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	j := s.open(t, s.URL(pgtest.App))
	for _, id := range []string{"a", "b", "c"} {
		require.NoError(t, j.Audit(journal.Event{Time: time.Now(), Verb: "delete", ID: id, Result: "ok"}))
	}
	s.SQL(t, "UPDATE credctl.event SET body = replace(body, '\"id\":\"b\"', '\"id\":\"x\"')")
	report, err := j.VerifyTrail()
	require.NoError(t, err)
	require.Len(t, report.Breaks, 1)
	assert.Equal(t, 3, report.Breaks[0].Line)
}

// Dates are those of the database, whatever the clock of this machine says.
func TestTheClockIsThatOfTheDatabase(t *testing.T) {
	s := initialised(t, pgtest.Shared(t))
	j := s.open(t, s.URL(pgtest.App))
	assert.WithinDuration(t, time.Now(), j.Now(), 5*time.Second)
	var c clock
	c.set(time.Now(), time.Now().Add(-time.Hour).UnixMicro())
	assert.WithinDuration(t, time.Now().Add(-time.Hour), c.now(), 5*time.Second)

	for _, asleep := range []time.Duration{time.Hour, -time.Hour} { // or the clock was set
		db := &j.Backend().(*Database).conn.clock
		db.set(time.Now(), time.Now().Add(-asleep).UnixMicro())
		db.wall = db.wall.Add(-asleep)
		assert.WithinDuration(t, time.Now(), j.Now(), 5*time.Second)
	}
}
