package transfer_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/journal/journaltest"
	"github.com/credctl/credctl/internal/journal/transfer"
	"github.com/credctl/credctl/internal/provider"
)

var (
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	key  = journal.Ref{Provider: "acme", Kind: "key", ID: "A"}
)

func rotate(t *testing.T, s *journal.Store, from, to string, done bool) *journal.Operation {
	t.Helper()
	o, err := s.Create(journal.Entry{Time: noon, Step: "intent", Provider: "acme", Kind: "key", OldID: from, Snapshot: []string{"x"}})
	require.NoError(t, err)
	require.NoError(t, o.Append(journal.Entry{Time: noon, Step: journal.Issued, NewID: to, Secrets: map[string]provider.Secret{journal.NewSecret: provider.NewSecret("secret of " + to)}}))
	if done {
		require.NoError(t, o.Append(journal.Entry{Time: noon, Step: journal.Done, NewID: to}))
		require.NoError(t, o.Wipe())
	}
	return o
}

// TestCopy copies a journal twice: into one with the same identity, and into one with
// another.
func TestCopy(t *testing.T) {
	for name, same := range map[string]bool{"the same identity": true, "another identity": false} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			from, err := folder.Open(dir)
			require.NoError(t, err)
			rotate(t, from, "A", "B", true)
			rotate(t, from, "B", "C", true)
			last := rotate(t, from, "C", "D", true)
			_, err = from.Prune(noon.Add(time.Hour), false)
			require.NoError(t, err)
			open := rotate(t, from, "D", "E", false)
			seen, err := from.Seen()
			require.NoError(t, err)
			require.NoError(t, seen.Note(noon, key))
			require.NoError(t, from.Issued(key.With("other"), provider.NewSecret("x"), noon))
			require.NoError(t, from.Audit(journal.Event{Time: noon, Verb: "rotate", ID: "A", Result: "ok"}))

			var o folder.Options
			if same {
				place := identity.File(filepath.Join(dir, "identity", "age.txt"))
				o.Identity = &place
			}
			to, err := folder.OpenWith(t.TempDir(), o)
			require.NoError(t, err)
			mine, err := to.Seen()
			require.NoError(t, err)
			require.NoError(t, mine.Note(noon.Add(-time.Hour), key.With("D")))
			require.NoError(t, to.Audit(journal.Event{Time: noon, Verb: "delete", ID: "Z", Result: "ok"}))

			copied, err := transfer.Copy(t.Context(), to, from)
			require.NoError(t, err)
			assert.Equal(t, transfer.Counts{Operations: 2, Records: 2, Sightings: 2, Events: 1}, copied)
			copied, err = transfer.Copy(t.Context(), to, from)
			require.NoError(t, err)
			assert.Zero(t, copied, "it can be repeated")

			x, err := to.Index()
			require.NoError(t, err)
			require.Len(t, x.Unfinished(), 1)
			secrets, err := x.Unfinished()[0].Secrets()
			require.NoError(t, err)
			assert.Equal(t, "secret of E", secrets[journal.NewSecret].Reveal())
			assert.Equal(t, open.ID, x.Unfinished()[0].ID)
			current, err := x.Current(key)
			require.NoError(t, err)
			assert.Equal(t, key.With("D"), current, "pruned operations are part of the chain")
			found, err := x.Find(last.ID)
			require.NoError(t, err)
			require.NoError(t, found.Damaged)
			owner, known, err := to.Owner(provider.NewSecret("secret of B"))
			require.NoError(t, err)
			assert.Equal(t, same, known)
			if same {
				assert.Equal(t, key.With("B"), owner)
			}
			first, err := mine.First(key)
			require.NoError(t, err)
			assert.Equal(t, noon, first)
			report, err := to.VerifyTrail()
			require.NoError(t, err)
			assert.Empty(t, report.Breaks)
			assert.Equal(t, 2, report.Hashed)
			require.NoError(t, found.Unchanged())
		})
	}
}

// What both have begun is not guessed at, and what a run works on is not copied.
func TestCopyRefuses(t *testing.T) {
	both := func(t *testing.T) (to, from *journal.Store) {
		t.Helper()
		from, err := folder.Open(t.TempDir())
		require.NoError(t, err)
		to, err = folder.Open(t.TempDir())
		require.NoError(t, err)
		return to, from
	}
	to, from := both(t)
	a, b := rotate(t, from, "A", "B", false), rotate(t, to, "A", "C", false)
	_, err := transfer.Copy(t.Context(), to, from)
	require.ErrorIs(t, err, provider.ErrConflict)
	require.ErrorContains(t, err, "both journals have an unfinished rotation of A: "+a.ID+" and "+b.ID)
	_, err = to.Load(a.ID)
	require.ErrorIs(t, err, provider.ErrNotFound)

	to, from = both(t)
	o := rotate(t, from, "A", "B", false)
	_, release, err := from.Lock(t.Context(), key.String(), 0)
	require.NoError(t, err)
	_, err = transfer.Copy(t.Context(), to, from)
	require.ErrorIs(t, err, provider.ErrLocked)
	release()
	_, err = transfer.Copy(t.Context(), to, from)
	require.NoError(t, err)
	require.NoError(t, o.Append(journal.Entry{Time: noon, Step: journal.Done, NewID: "B"}))
	require.NoError(t, o.Wipe())
	copied, err := transfer.Copy(t.Context(), to, from)
	require.NoError(t, err)
	assert.Equal(t, 1, copied.Operations, "it went on after the copy")
	read, err := to.Load(o.ID)
	require.NoError(t, err)
	require.NoError(t, read.Damaged)
	assert.True(t, read.Wiped())
	assert.Len(t, read.Entries, 3)
	copied, err = transfer.Copy(t.Context(), from, to)
	require.NoError(t, err)
	assert.Zero(t, copied.Operations)

	other := rotate(t, from, "F", "G", false)
	_, err = transfer.Copy(t.Context(), to, from)
	require.NoError(t, err)
	theirs, err := to.Load(other.ID)
	require.NoError(t, err)
	require.NoError(t, theirs.Append(journal.Entry{Time: noon, Step: "verified"}))
	require.NoError(t, other.Append(journal.Entry{Time: noon, Step: "failed"}))
	_, err = transfer.Copy(t.Context(), to, from)
	require.ErrorIs(t, err, provider.ErrConflict)
	require.ErrorContains(t, err, "different entries of rotation "+other.ID)
}

// TestCopyOfPrunedOperations alone, of which the copy has the records also where its index
// must be made again.
func TestCopyOfPrunedOperations(t *testing.T) {
	from, err := folder.Open(t.TempDir())
	require.NoError(t, err)
	o := rotate(t, from, "A", "B", false)
	require.NoError(t, o.Append(journal.Entry{Time: noon, Step: journal.Aborted, NewID: "B"}))
	require.NoError(t, o.Wipe())
	_, err = from.Index()
	require.NoError(t, err)
	pruned, err := from.Prune(noon.Add(time.Hour), false)
	require.NoError(t, err)
	require.Len(t, pruned, 1)

	dir := t.TempDir()
	to, err := folder.Open(dir)
	require.NoError(t, err)
	for _, records := range []int{1, 0} {
		counts, err := transfer.Copy(t.Context(), to, from)
		require.NoError(t, err)
		assert.Equal(t, transfer.Counts{Records: records}, counts)
	}
	for _, lost := range []string{"index.idx", "index.jsonl"} {
		if err := os.Remove(filepath.Join(dir, lost)); err != nil {
			require.ErrorIs(t, err, os.ErrNotExist)
		}
		again, err := folder.Open(dir)
		require.NoError(t, err)
		_, err = again.Find(o.ID)
		require.ErrorContains(t, err, "were pruned")
	}
}

// TestCopyIsContinuedAfterAnyFailure: wherever one of the journals could not be read or
// written, that is an error, and the same command copies what is missing.
func TestCopyIsContinuedAfterAnyFailure(t *testing.T) {
	t.Parallel()
	from, err := folder.Open(t.TempDir())
	require.NoError(t, err)
	rotate(t, from, "A", "B", true)
	rotate(t, from, "B", "C", true)
	_, err = from.Prune(noon.Add(time.Hour), false)
	require.NoError(t, err)
	rotate(t, from, "C", "D", true)
	open := rotate(t, from, "D", "E", false)
	seen, err := from.Seen()
	require.NoError(t, err)
	require.NoError(t, seen.Note(noon, key))
	require.NoError(t, from.Audit(journal.Event{Time: noon, Verb: "rotate", ID: "A", Result: "ok"}))
	for _, reading := range []bool{true, false} {
		refused := 0
		for n, done := int64(1), false; !done; n++ {
			to, err := folder.Open(t.TempDir())
			require.NoError(t, err)
			source, target := from, to
			var failed func() bool
			if reading {
				source, failed = journaltest.Failing(from, n)
			} else {
				target, failed = journaltest.Failing(to, n)
			}
			_, err = transfer.Copy(t.Context(), target, source)
			done = !failed()
			if err != nil {
				refused++
				require.ErrorIs(t, err, journaltest.ErrFails, "call %d", n)
				_, err = transfer.Copy(t.Context(), to, from)
				require.NoError(t, err, "call %d", n)
			}
			again, err := transfer.Copy(t.Context(), to, from)
			require.NoError(t, err)
			assert.Zero(t, again.Operations+again.Records+again.Sightings, "call %d: nothing was missing", n)
			x, err := to.Index()
			require.NoError(t, err)
			current, err := x.Current(key.With("A"))
			require.NoError(t, err)
			assert.Equal(t, "D", current.ID, "call %d", n)
			copied, err := to.Load(open.ID)
			require.NoError(t, err)
			secrets, err := copied.Secrets()
			require.NoError(t, err)
			assert.True(t, secrets[journal.NewSecret].Equal(provider.NewSecret("secret of E")), "call %d", n)
		}
		assert.Greater(t, refused, 8, "there are more calls than these")
	}
}
