// Package journaltest has what every backend of the journal must do, as a test.
package journaltest

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/journal/transfer"
	"github.com/credctl/credctl/internal/provider"
)

// secret is what must be nowhere in clear.
const secret = "canary-7e0b$'\"\\secret"

// A Place is where a backend keeps one journal.
type Place struct {
	// Open opens the journal, as another run on another host does.
	Open func(t *testing.T) *journal.Store

	// Lose takes a lock from the run that holds it, as time does. It is nil where a lock
	// cannot be lost.
	Lose func(t *testing.T, name string)
}

var (
	noon = time.Date(2026, 11, 22, 12, 0, 0, 123456000, time.UTC)
	key  = journal.Ref{Provider: "acme", Kind: "key", ID: "A\\\"{},ä"}
)

func intent(of journal.Ref) journal.Entry {
	return journal.Entry{
		Time: noon, Step: "intent", Provider: of.Provider, Kind: of.Kind, OldID: of.ID,
		Snapshot: []string{"one", "two"}, Data: json.RawMessage(`{"b":1,"a":"ä\\\"","c":" x "}`),
	}
}

func issued(id string) journal.Entry {
	return journal.Entry{Time: noon.Add(time.Second), Step: journal.Issued, NewID: id, Secrets: map[string]provider.Secret{journal.NewSecret: provider.NewSecret(secret + id)}}
}

func done(t *testing.T, s *journal.Store, of journal.Ref, to string) *journal.Operation {
	t.Helper()
	o, err := s.Create(intent(of))
	require.NoError(t, err)
	require.NoError(t, o.Append(issued(to)))
	require.NoError(t, o.Append(journal.Entry{Time: noon.Add(time.Minute), Step: journal.Done, NewID: to}))
	require.NoError(t, o.Wipe())
	return o
}

// Run checks a backend. place returns a new one, without operations.
func Run(t *testing.T, place func(t *testing.T) Place) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, Place){
		"an operation is the same for another run": sameForAnother,
		"an entry follows the last one":            follows,
		"what has ended is found":                  endedIsFound,
		"a lock has one holder":                    oneHolder,
		"a lock that was lost changes nothing":     lostLock,
		"credentials that were seen":               seen,
		"the trail has every event":                events,
		"an operation is set aside":                setAside,
		"a journal is copied":                      copied,
		"many runs at once":                        atOnce,
	} {
		t.Run(name, func(t *testing.T) { check(t, place(t)) })
	}
}

func sameForAnother(t *testing.T, p Place) {
	s, other := p.Open(t), p.Open(t)
	o, err := s.Create(intent(key))
	require.NoError(t, err)
	require.NoError(t, o.Append(issued("B")))
	read, err := other.Load(o.ID)
	require.NoError(t, err)
	require.NoError(t, read.Damaged)
	assert.Equal(t, o.Entries, read.Entries)
	secrets, err := read.Secrets()
	require.NoError(t, err)
	assert.Equal(t, secret+"B", secrets[journal.NewSecret].Reveal())
	texts, err := other.Backend().Read(o.ID)
	require.NoError(t, err)
	require.Len(t, texts, 1)
	assert.NotContains(t, string(texts[0].Lines), "canary")

	require.NoError(t, read.Settle())
	require.NoError(t, read.Append(journal.Entry{Time: noon, Step: journal.Done, NewID: "B"}))
	require.NoError(t, read.Wipe())
	again, err := s.Load(o.ID)
	require.NoError(t, err)
	require.NoError(t, again.Damaged)
	assert.True(t, again.Wiped())
	assert.Equal(t, read.Entries, again.Entries)
	_, err = s.Load("other")
	require.ErrorIs(t, err, provider.ErrNotFound)
}

func follows(t *testing.T, p Place) {
	s, other := p.Open(t), p.Open(t)
	o, err := s.Create(intent(key))
	require.NoError(t, err)
	behind, err := other.Load(o.ID)
	require.NoError(t, err)
	require.NoError(t, o.Append(issued("B")))
	err = behind.Append(issued("C"))
	require.ErrorIs(t, err, provider.ErrLocked)
	require.ErrorContains(t, err, "another process is working on it")
	require.ErrorIs(t, behind.Unchanged(), provider.ErrLocked)
	require.ErrorIs(t, behind.Wipe(), provider.ErrLocked)
	require.ErrorIs(t, s.Backend().Append(o.ID, backend.Addition{After: behind.Last().MAC, Line: []byte("{}\n")}), backend.ErrConflict, "the backend itself refuses it")
	require.ErrorIs(t, s.Backend().Replace(o.ID, behind.Last().MAC, []byte("{}\n")), backend.ErrConflict)
	read, err := s.Load(o.ID)
	require.NoError(t, err)
	require.NoError(t, read.Damaged)
	assert.Equal(t, o.Entries, read.Entries)
	require.NoError(t, o.Unchanged())
}

func endedIsFound(t *testing.T, p Place) {
	s, other := p.Open(t), p.Open(t)
	before, err := other.Index()
	require.NoError(t, err)
	first := done(t, s, key, "B")
	done(t, s, key.With("B"), "C")
	last := done(t, s, key.With("C"), "D")
	open, err := s.Create(intent(key.With("D")))
	require.NoError(t, err)
	for range 2 { // the second time they are records
		x, err := other.Index()
		require.NoError(t, err)
		require.Len(t, x.Unfinished(), 1)
		assert.Equal(t, open.ID, x.Unfinished()[0].ID)
		current, err := x.Current(key)
		require.NoError(t, err)
		assert.Equal(t, key.With("D"), current)
		root, err := x.Root(key.With("D"))
		require.NoError(t, err)
		assert.Equal(t, key, root)
		made, known, err := x.Made(key.With("D"))
		require.NoError(t, err)
		require.True(t, known)
		assert.Equal(t, last.ID, made.Operation)
		assert.True(t, x.HadEnded(made))
		assert.False(t, before.HadEnded(made), "it had not begun then")
		news, err := x.News(before, key)
		require.NoError(t, err)
		assert.True(t, news)
		all, err := other.Operations()
		require.NoError(t, err)
		assert.Len(t, all, 4)
	}
	pruned, err := other.Prune(noon.Add(time.Hour), false)
	require.NoError(t, err)
	require.Len(t, pruned, 2, "the last one is in force")
	_, err = s.Load(first.ID)
	require.ErrorIs(t, err, provider.ErrNotFound)
	x, err := s.Index()
	require.NoError(t, err)
	root, err := x.Root(key.With("D"))
	require.NoError(t, err)
	assert.Equal(t, key, root)
	found, err := x.Find(last.ID)
	require.NoError(t, err)
	assert.Equal(t, last.Entries, found.Entries)
}

func seen(t *testing.T, p Place) {
	s, other := p.Open(t), p.Open(t)
	note := func(s *journal.Store, at time.Time) {
		all, err := s.Seen()
		require.NoError(t, err)
		require.NoError(t, all.Note(at, key, key.With("other")))
	}
	note(s, noon)
	note(other, noon.Add(-time.Hour))
	all, err := other.Seen()
	require.NoError(t, err)
	first, err := all.First(key)
	require.NoError(t, err)
	assert.Equal(t, noon, first)
	none, err := all.First(key.With("never"))
	require.NoError(t, err)
	assert.True(t, none.IsZero())

	for _, to := range []journal.Ref{key.With("other"), key} { // the last one has it
		require.NoError(t, s.Issued(to, provider.NewSecret(secret), noon.Add(time.Hour)))
	}
	first, err = all.First(key)
	require.NoError(t, err)
	assert.Equal(t, noon, first, "it stays the first")
	owner, known, err := other.Owner(provider.NewSecret(secret))
	require.NoError(t, err)
	assert.True(t, known)
	assert.Equal(t, key, owner)
	another, err := other.HasAnother(key, provider.NewSecret("x"))
	require.NoError(t, err)
	assert.True(t, another)
	done(t, s, key.With("old"), "new")
	for range 2 {
		owner, _, err = other.Owner(provider.NewSecret(secret + "new"))
		require.NoError(t, err)
		assert.Equal(t, key.With("new"), owner)
	}
	var prints int
	require.NoError(t, other.Prints(func(journal.Ref, string, time.Time) { prints++ }))
	assert.Equal(t, 3, prints)
}

func events(t *testing.T, p Place) {
	s := p.Open(t)
	require.NoError(t, s.CheckAudit())
	var all sync.WaitGroup
	for i := range 3 {
		other := p.Open(t)
		all.Go(func() {
			for n := range 4 {
				assert.NoError(t, other.Audit(journal.Event{Time: noon, Verb: "rotate", ID: fmt.Sprint(i, n), Result: "ok\n\"x\""}))
			}
		})
	}
	all.Wait()
	events, err := s.Events()
	require.NoError(t, err)
	ids := map[string]bool{}
	for _, e := range events {
		ids[e.ID] = true
		assert.Equal(t, "ok\n\"x\"", e.Result)
	}
	assert.Len(t, events, 12)
	assert.Len(t, ids, 12)
	report, err := p.Open(t).VerifyTrail()
	require.NoError(t, err)
	assert.Equal(t, 12, report.Hashed)
	assert.Empty(t, report.Breaks)
}

func setAside(t *testing.T, p Place) {
	s := p.Open(t)
	o, err := s.Create(intent(key))
	require.NoError(t, err)
	where, err := s.Backend().SetAside(o.ID)
	require.NoError(t, err)
	assert.NotEmpty(t, where)
	x, err := s.Index()
	require.NoError(t, err)
	assert.Empty(t, x.Live())
	_, err = s.Load(o.ID)
	require.ErrorIs(t, err, provider.ErrNotFound)
}

// A journal is copied into another, also of an operation that went on after it was copied.
func copied(t *testing.T, p Place) {
	s := p.Open(t)
	from, err := folder.Open(t.TempDir())
	require.NoError(t, err)
	done(t, from, key, "B")
	o, err := from.Create(intent(key.With("B")))
	require.NoError(t, err)
	require.NoError(t, from.Audit(journal.Event{Time: noon, Verb: "rotate", Result: "ok"}))
	_, err = transfer.Copy(t.Context(), s, from)
	require.NoError(t, err)
	require.NoError(t, o.Append(issued("C")))
	counts, err := transfer.Copy(t.Context(), s, from)
	require.NoError(t, err)
	assert.Equal(t, transfer.Counts{Operations: 1}, counts)
	read, err := s.Load(o.ID)
	require.NoError(t, err)
	require.NoError(t, read.Damaged)
	secrets, err := read.Secrets()
	require.NoError(t, err)
	assert.Equal(t, secret+"C", secrets[journal.NewSecret].Reveal())
	require.NoError(t, read.Append(journal.Entry{Time: noon, Step: "verified"}))
	counts, err = transfer.Copy(t.Context(), from, s)
	require.NoError(t, err)
	assert.Equal(t, transfer.Counts{Operations: 1}, counts, "the way back")
}
