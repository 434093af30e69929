package journal_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/provider"
)

// The credentials of the folder in testdata, in the order in which they followed each
// other. The last one was issued by a rotation that has not ended.
const one, two, three, four = "objkey_sbxBackup0000001", "objkey_L80qvzwEdx33je7A", "objkey_RF5jD3vHpDsuhREn", "objkey_W3F7uaxPJnR95hxp"

// older returns a folder that credctl wrote before it moved operations that have ended.
func older(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "credctl")
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/state1")))
	return dir
}

// unfolded returns a folder in which no run has moved operations that have ended, though
// it may.
func unfolded(t *testing.T) string {
	t.Helper()
	dir := older(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "version"), []byte("2\n"), 0o600))
	return dir
}

// follows fails unless the chain of the folder in testdata is known.
func follows(t *testing.T, dir string) *journal.Store {
	t.Helper()
	s, err := folder.Open(dir)
	require.NoError(t, err)
	x, err := s.Index()
	require.NoError(t, err)
	ref := func(id string) journal.Ref { return journal.Ref{Provider: "katapult", Kind: "access-key", ID: id} }
	for _, id := range []string{one, two, three} {
		r, err := x.Current(ref(id))
		require.NoError(t, err)
		require.Equal(t, three, r.ID)
	}
	for _, id := range []string{one, two, three, four} {
		r, err := x.Root(ref(id))
		require.NoError(t, err)
		require.Equal(t, one, r.ID)
	}
	require.Len(t, x.Unfinished(), 1)
	require.Equal(t, four, x.Unfinished()[0].NewID())
	last, known, err := x.LastDone(ref(two))
	require.NoError(t, err)
	require.True(t, known)
	require.Equal(t, three, last.NewID)
	return s
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, f := range files {
		all = append(all, f.Name())
	}
	return all
}

func TestAnOlderFolderIsTakenOver(t *testing.T) {
	dir := older(t)
	follows(t, dir)
	assert.Len(t, names(t, filepath.Join(dir, "operations")), 3, "what only reads leaves it to older versions")
	assert.NoFileExists(t, filepath.Join(dir, "version"))

	s, err := folder.Open(dir)
	require.NoError(t, err)
	x, err := s.Index()
	require.NoError(t, err)
	require.NoError(t, x.Unfinished()[0].Append(journal.Entry{Step: "failed"}))
	for range 2 {
		s := follows(t, dir)
		assert.Len(t, names(t, filepath.Join(dir, "operations")), 1)
		assert.Len(t, names(t, filepath.Join(dir, "finished")), 2)
		b, err := os.ReadFile(filepath.Join(dir, "version"))
		require.NoError(t, err)
		assert.Equal(t, "2\n", string(b))
		all, err := s.Operations()
		require.NoError(t, err)
		assert.Len(t, all, 3)
		seen, err := s.Seen()
		require.NoError(t, err)
		first, err := seen.First(journal.Ref{Provider: "medianova", Kind: "credential", ID: "5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c1"})
		require.NoError(t, err)
		assert.Equal(t, 2026, first.Year())
	}
}

func TestANewerFolderIsRefused(t *testing.T) {
	dir := older(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "version"), []byte("3\n"), 0o600))
	_, err := folder.Open(dir)
	require.ErrorIs(t, err, provider.ErrUsage)
	require.ErrorContains(t, err, "was written by a newer credctl (version 3; this one reads up to 2)")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "version"), []byte("two\n"), 0o600))
	_, err = folder.Open(dir)
	require.ErrorIs(t, err, provider.ErrUsage)
}

// Whatever is wrong with the index, it is made again from the operations.
func TestTheIndexIsMadeAgain(t *testing.T) {
	const index = "index.jsonl"
	edit := func(change func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			b, err := os.ReadFile(filepath.Join(dir, index))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, index), change(b), 0o600))
		}
	}
	for name, spoil := range map[string]func(*testing.T, string){
		"lost": func(t *testing.T, dir string) {
			t.Helper()
			require.NoError(t, os.Remove(filepath.Join(dir, index)))
		},
		"without its end":       edit(func(b []byte) []byte { return b[:len(b)-30] }),
		"a byte of it":          edit(func(b []byte) []byte { return b[:1] }),
		"edited":                edit(func(b []byte) []byte { return bytes.Replace(b, []byte(three), []byte(four), 1) }),
		"a line that was added": edit(func(b []byte) []byte { return append(b, "{}\n"...) }),
		"half a line was added": edit(func(b []byte) []byte { return append(b, `{"operation":"2026`...) }),
		"emptied":               edit(func([]byte) []byte { return nil }),
		"without its last line": edit(func(b []byte) []byte { return b[:bytes.LastIndexByte(b[:len(b)-1], '\n')+1] }),
		"zeros":                 edit(func(b []byte) []byte { return make([]byte, len(b)) }),
		"moved back": func(t *testing.T, dir string) {
			t.Helper()
			for _, name := range names(t, filepath.Join(dir, "finished")) {
				require.NoError(t, os.Rename(filepath.Join(dir, "finished", name), filepath.Join(dir, "operations", name)))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := unfolded(t)
			follows(t, dir)
			spoil(t, dir)
			s := follows(t, dir)
			o := create(t, s, journal.Entry{Time: noon, Step: "intent", Provider: "katapult", Kind: "access-key", OldID: "other"}, issued("N"), journal.Entry{Time: noon, Step: journal.Done})
			require.NoError(t, o.Wipe())
			s = follows(t, dir)
			x, err := s.Index()
			require.NoError(t, err)
			_, known, err := x.Made(journal.Ref{Provider: "katapult", Kind: "access-key", ID: "N"})
			require.NoError(t, err)
			assert.True(t, known)
		})
	}
}

// An operation that was damaged after it had ended stands in the way again when the
// index is made again from it.
func TestADamagedOperationIsNotIndexed(t *testing.T) {
	dir := unfolded(t)
	follows(t, dir)
	path := filepath.Join(dir, "finished", names(t, filepath.Join(dir, "finished"))[0])
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, bytes.Replace(b, []byte(two), []byte(four), 1), 0o600))
	require.NoError(t, os.Remove(filepath.Join(dir, "index.jsonl")))
	s, err := folder.Open(dir)
	require.NoError(t, err)
	_, err = s.Index()
	require.NoError(t, err)
	x, err := s.Index()
	require.NoError(t, err)
	require.Len(t, x.Unfinished(), 2)
	require.ErrorIs(t, x.Unfinished()[0].Damaged, provider.ErrRefused)
}

func TestPruneKeepsTheChains(t *testing.T) {
	dir := unfolded(t)
	s := follows(t, dir)
	ended := time.Date(2026, 11, 30, 3, 51, 55, 0, time.UTC) // after the first
	would, err := s.Prune(ended, true)
	require.NoError(t, err)
	require.Len(t, would, 1)
	follows(t, dir)
	pruned, err := s.Prune(ended, false)
	require.NoError(t, err)
	require.Equal(t, would, pruned)
	assert.Len(t, names(t, filepath.Join(dir, "finished")), 1)
	again, err := s.Prune(ended.AddDate(1, 0, 0), false)
	require.NoError(t, err)
	assert.Empty(t, again, "the other one has issued what is in force")
	s = follows(t, dir)
	x, err := s.Index()
	require.NoError(t, err)
	_, err = x.Find(pruned[0].Operation)
	require.ErrorIs(t, err, provider.ErrNotFound)
	require.ErrorContains(t, err, "were pruned")
	require.NoError(t, os.Remove(filepath.Join(dir, "index.jsonl")))
	follows(t, dir)
}

// A process that does not know of the index, such as one that began before it was made,
// may begin operations and end them.
func TestWhatAnotherProcessEndsIsIndexed(t *testing.T) {
	s, dir := open(t)
	other, err := folder.Open(dir)
	require.NoError(t, err)
	for i := range 3 {
		o := create(t, other, first(strconv.Itoa(i)), issued(strconv.Itoa(i+1)))
		x, err := s.Index()
		require.NoError(t, err)
		assert.Equal(t, strconv.Itoa(i), current(t, x, "0"))
		require.NoError(t, o.Append(journal.Entry{Time: noon, Step: journal.Done}))
		require.NoError(t, o.Wipe())
		x, err = s.Index()
		require.NoError(t, err)
		assert.Equal(t, strconv.Itoa(i+1), current(t, x, "0"))
		assert.Empty(t, x.Live())
		require.NoError(t, o.Wipe(), "as a second process does that has found it ended")
		_, err = s.Index()
		require.NoError(t, err)
		assert.Empty(t, names(t, filepath.Join(dir, "operations")))
	}
}

// The index gives the same answers as all operations do, in whatever order they end, and
// whatever the clock says.
func TestTheIndexTellsWhatTheOperationsTell(t *testing.T) {
	for seed := range uint64(8) {
		chance := rand.New(rand.NewPCG(seed, 1))
		s, dir := open(t)
		next, previous, lastOf := map[string]string{}, map[string]string{}, map[string]string{}
		var open []*journal.Operation
		ids := []string{"A", "B"}
		end := func(i int) {
			o := open[i]
			open = append(open[:i], open[i+1:]...)
			require.NoError(t, o.Append(journal.Entry{Time: noon, Step: journal.Done}))
			require.NoError(t, o.Wipe())
		}
		for n := range 60 {
			old := ids[chance.IntN(len(ids))]
			e := first(old)
			e.Time = noon.Add(time.Duration(chance.IntN(1000)) * time.Second)
			switch chance.IntN(5) {
			case 0: // in place
				e.Time = noon.Add(time.Duration(2000+n) * time.Second)
				o := create(t, s, e, issued(old))
				lastOf[old] = o.ID
				open = append(open, o)
				end(len(open) - 1)
			case 1:
				o := create(t, s, e, issued("aborted"), journal.Entry{Time: noon, Step: journal.Aborted})
				require.NoError(t, o.Wipe())
			default:
				if next[old] != "" {
					continue
				}
				id := fmt.Sprintf("%s%d", strings.ToLower(old[:1]), n)
				open = append(open, create(t, s, e, issued(id)))
				next[old], previous[id] = id, old
				ids = append(ids, id)
			}
			if len(open) > 3 {
				end(chance.IntN(len(open)))
			}
			if n%7 == 0 {
				_, err := s.Index()
				require.NoError(t, err)
			}
		}
		for len(open) > 0 {
			end(chance.IntN(len(open)))
		}
		if seed%2 == 1 {
			_, err := s.Index()
			require.NoError(t, err)
			require.NoError(t, os.Remove(filepath.Join(dir, "index.jsonl")))
		}
		x, err := s.Index()
		require.NoError(t, err)
		assert.Empty(t, x.Live())
		walk := func(id string, links map[string]string) string {
			for links[id] != "" {
				id = links[id]
			}
			return id
		}
		for _, id := range ids {
			require.Equal(t, walk(id, next), current(t, x, id), "seed %d: %s", seed, id)
			require.Equal(t, walk(id, previous), root(t, x, id), "seed %d: %s", seed, id)
			if want := lastOf[id]; want != "" {
				got, known, err := x.LastDone(web.With(id))
				require.NoError(t, err)
				require.True(t, known)
				require.Equal(t, want, got.Operation)
			}
		}
	}
}
