package journal_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/finished"
	"github.com/credctl/credctl/internal/provider"
)

var done = journal.Entry{Time: noon.Add(time.Hour), Step: journal.Done}

func index(t *testing.T, s *journal.Store) journal.Index {
	t.Helper()
	x, err := s.Index()
	require.NoError(t, err)
	return x
}

// A run that had read the journal learns what it says of a credential since: an operation
// that began, one that went on, and one that ended, was wiped and is a record by now.
func TestNewsOfACredential(t *testing.T) {
	s, _ := open(t)
	news := func(before journal.Index, id string) bool {
		n, err := index(t, s).News(before, web.With(id))
		require.NoError(t, err)
		return n
	}
	empty := index(t, s)
	assert.False(t, news(empty, "A"))
	o := create(t, s, first("A"), issued("B"))
	begun := index(t, s)
	for _, id := range []string{"A", "B"} {
		assert.True(t, news(empty, id), id)
		assert.False(t, news(begun, id), id)
	}
	require.NoError(t, o.Append(done))
	assert.True(t, news(begun, "A"), "it has gone on")
	ended := index(t, s)
	require.NoError(t, o.Wipe())
	require.Empty(t, index(t, s).Live())
	for _, id := range []string{"A", "B"} {
		assert.True(t, news(ended, id), "%s: it is a record now", id)
		assert.True(t, news(empty, id), "%s: it began and ended meanwhile", id)
		assert.False(t, news(index(t, s), id), id)
		assert.False(t, news(index(t, s), "other"))
	}
	n, err := journal.Index{}.News(empty, web)
	require.NoError(t, err)
	assert.False(t, n, "the zero index is that of an empty journal")
}

func TestWhatTheJournalKnows(t *testing.T) {
	s, _ := open(t)
	knows := func(x journal.Index, id string) bool {
		k, err := x.Knows(web.With(id))
		require.NoError(t, err)
		return k
	}
	empty := index(t, s)
	assert.False(t, knows(empty, "A"))
	assert.False(t, knows(journal.Index{}, "A"))
	o := create(t, s, first("A"), issued("B"), done)
	for range 2 { // the second time as a record
		x := index(t, s)
		assert.True(t, knows(x, "A"))
		assert.True(t, knows(x, "B"))
		assert.False(t, knows(x, "C"))
		require.NoError(t, o.Wipe())
	}
	assert.Empty(t, index(t, s).Live())
}

// Whether an operation that has ended by now, had ended when a run read the journal.
func TestWhatHadEndedThen(t *testing.T) {
	s, _ := open(t)
	o := create(t, s, first("A"), issued("B"))
	other := create(t, s, first("C"), issued("D"), done)
	begun := index(t, s)
	assert.False(t, begun.HadEnded(o.Past()))
	assert.True(t, begun.HadEnded(other.Past()), "of several, the one that is asked for")
	require.NoError(t, o.Append(done))
	assert.True(t, index(t, s).HadEnded(o.Past()))
	before := index(t, s)
	require.NoError(t, o.Wipe())
	x := index(t, s)
	made, known, err := x.Made(web.With("B"))
	require.NoError(t, err)
	require.True(t, known)
	assert.True(t, x.HadEnded(made), "it is a record")
	assert.True(t, before.HadEnded(made))
	assert.False(t, begun.HadEnded(made), "it was at work then")
	later := create(t, s, first("E"), issued("F"), done)
	require.NoError(t, later.Wipe())
	made, known, err = index(t, s).Made(web.With("F"))
	require.NoError(t, err)
	require.True(t, known)
	assert.False(t, x.HadEnded(made), "it had not begun")
}

// A run that was killed between its last step and the end leaves secrets, which the next
// run wipes; it wipes none that is still needed, and none that somebody must look at.
func TestTheNextRunWipesWhatHasEnded(t *testing.T) {
	s, dir := open(t)
	ended, needed, damaged := create(t, s, first("A"), issued("B"), done), create(t, s, first("C"), issued("D")), create(t, s, first("E"), issued("F"), done)
	b, err := os.ReadFile(file(dir, damaged))
	require.NoError(t, err)
	b[10] ^= 1
	require.NoError(t, os.WriteFile(file(dir, damaged), b, 0o600))
	index(t, s).WipeFinished()
	read, err := s.Load(ended.ID)
	require.NoError(t, err)
	assert.True(t, read.Wiped())
	read, err = s.Load(needed.ID)
	require.NoError(t, err)
	secrets, err := read.Secrets()
	require.NoError(t, err)
	assert.Equal(t, canary, secrets[journal.NewSecret].Reveal())
	after, err := os.ReadFile(file(dir, damaged))
	require.NoError(t, err)
	assert.Equal(t, b, after)
}

// The last rotation of a credential is the one that began last, whether it is a record
// already or not.
func TestTheLastRotation(t *testing.T) {
	for name, wiped := range map[string]int{"the later is a record": 1, "the earlier is a record": 0, "none is": -1} {
		t.Run(name, func(t *testing.T) {
			s, _ := open(t)
			var all []*journal.Operation
			for i := range 2 {
				e := first("C")
				e.Time = noon.Add(time.Duration(i) * time.Hour)
				all = append(all, create(t, s, e, issued("C"), done))
			}
			if wiped >= 0 {
				require.NoError(t, all[wiped].Wipe())
			}
			create(t, s, first("A"), issued("B"), done) // says nothing of it
			e := first("E")
			e.Time = noon.Add(-time.Hour)
			create(t, s, e, issued("C")) // nor does this one, which has not ended
			x := index(t, s)
			last, known, err := x.LastDone(web.With("C"))
			require.NoError(t, err)
			assert.True(t, known)
			assert.Equal(t, all[1].ID, last.Operation)
			last, known, err = x.Made(web.With("C"))
			require.NoError(t, err)
			assert.True(t, known)
			assert.Equal(t, all[1].ID, last.Operation)
			_, known, err = x.Made(web.With(""))
			require.NoError(t, err)
			assert.False(t, known)
		})
	}
}

// A grace period counts from when the new secret was issued, which is neither when its
// operation began nor when it ended.
func TestWhenASecretWasIssued(t *testing.T) {
	s, _ := open(t)
	e := issued("B")
	e.Time = noon.Add(time.Minute)
	o := create(t, s, first("A"), e, journal.Entry{Time: noon.Add(2 * time.Minute), Step: "verified"}, done)
	for range 2 { // the second time as a record
		made, known, err := index(t, s).Made(web.With("B"))
		require.NoError(t, err)
		require.True(t, known)
		assert.True(t, made.Issued.Equal(e.Time), made.Issued)
		assert.True(t, made.Began.Equal(noon) && made.Ended.Equal(done.Time))
		require.NoError(t, o.Wipe())
	}
}

// What a vendor shows under an ID is what credctl issued only where the secret is the same.
func TestACredentialThatHasAnotherSecret(t *testing.T) {
	s, _ := open(t)
	another := func(id, secret string) bool {
		a, err := s.HasAnother(web.With(id), provider.NewSecret(secret))
		require.NoError(t, err)
		return a
	}
	assert.False(t, another("B", "other"), "credctl knows nothing of it")
	create(t, s, first("F")) // has issued nothing
	o := create(t, s, first("A"), issued("B"))
	for _, state := range []func(){
		func() {}, func() { require.NoError(t, o.Append(done)) }, func() { require.NoError(t, o.Wipe()) },
	} {
		state()
		assert.True(t, another("B", "other"))
		assert.False(t, another("B", canary), "it is this one")
		assert.False(t, another("A", "other"), "credctl did not issue the secret of the old credential")
		assert.False(t, another("F", "other"))
		assert.False(t, another("B", ""), "nothing can be told without a secret")
		owner, known, err := s.Owner(provider.NewSecret(canary))
		require.NoError(t, err)
		assert.True(t, known)
		assert.Equal(t, web.With("B"), owner)
	}
	aborted := create(t, s, first("B"), journal.Entry{
		Time: noon, Step: "issued", NewID: "X", Secrets: map[string]provider.Secret{journal.NewSecret: provider.NewSecret("of X")},
	}, journal.Entry{Time: noon, Step: journal.Aborted})
	require.NoError(t, aborted.Wipe())
	assert.True(t, another("X", "other"), "also of a rotation that was undone")
	assert.False(t, another("X", "of X"))
	require.NoError(t, s.Issued(web.With("Z"), provider.NewSecret("of Z"), noon))
	assert.True(t, another("Z", "other"), "also where it was generated")
	assert.False(t, another("Z", "of Z"))
}

// What cannot be read of one operation keeps nothing from being found in the others.
func TestAnOperationThatCannotBeReadHidesNothing(t *testing.T) {
	s, dir := open(t)
	o := create(t, s, first("A"), issued("B"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "operations", "20260101-000000-00000000.jsonl"), []byte("nothing of it\nis left\n"), 0o600))
	x := index(t, s)
	require.Len(t, x.Live(), 2)
	require.Error(t, x.Live()[0].Damaged)
	require.Len(t, x.Unfinished(), 2)
	owner, known, err := s.Owner(provider.NewSecret(canary))
	require.NoError(t, err)
	assert.True(t, known)
	assert.Equal(t, web.With("B"), owner)
	another, err := s.HasAnother(web.With("B"), provider.NewSecret("other"))
	require.NoError(t, err)
	assert.True(t, another)
	another, err = s.HasAnother(journal.Ref{}, provider.NewSecret("other"))
	require.NoError(t, err)
	assert.False(t, another)
	var of []string
	require.NoError(t, s.Prints(func(r journal.Ref, _ string, _ time.Time) { of = append(of, r.ID) }))
	assert.Equal(t, []string{"B"}, of)
	require.NoError(t, o.Append(done))
	made, known, err := index(t, s).Made(web.With("B"))
	require.NoError(t, err)
	assert.True(t, known)
	assert.Equal(t, o.ID, made.Operation)
}

// A credential was first seen when it was, whatever is noted later; a secret belongs to
// whom it was issued last.
func TestLaterSightings(t *testing.T) {
	s, _ := open(t)
	seen, err := s.Seen()
	require.NoError(t, err)
	require.NoError(t, seen.Note(noon, web, web.With("B")))
	for _, id := range []string{"B", "A"} {
		require.NoError(t, s.Issued(web.With(id), provider.NewSecret("the same"), noon.Add(time.Hour)))
	}
	at, err := seen.First(web)
	require.NoError(t, err)
	assert.True(t, at.Equal(noon), at)
	owner, known, err := s.Owner(provider.NewSecret("the same"))
	require.NoError(t, err)
	assert.True(t, known)
	assert.Equal(t, web, owner)
}

// The history of a credential has the operations that replaced it and that issued it, and
// no others.
func TestTheHistoryOfACredential(t *testing.T) {
	s, _ := open(t)
	of := func(h *finished.History, id string) (all []string) {
		require.NoError(t, h.About(web.With(id), func(r finished.Record) { all = append(all, r.Operation) }))
		return all
	}
	var none *finished.History
	assert.Empty(t, of(none, "A"))
	const odd = `B"\`
	a, b, inPlace := create(t, s, first("A"), issued(odd), done), create(t, s, first(odd), issued("C"), done), create(t, s, first("C"), issued("C"), done)
	for _, o := range []*journal.Operation{a, b, inPlace} {
		require.NoError(t, o.Wipe())
		index(t, s) // it is a record now
	}
	h, err := index(t, s).History()
	require.NoError(t, err)
	for id, want := range map[string][]string{"A": {a.ID}, odd: {a.ID, b.ID}, "C": {b.ID, inPlace.ID}, "D": nil, "": nil} {
		assert.Equal(t, want, of(h, id), "%q", id)
	}
	err = h.About(journal.Ref{Provider: "other", Kind: "key", ID: "A"}, func(finished.Record) { assert.Fail(t, "another vendor's") })
	require.NoError(t, err)
}
