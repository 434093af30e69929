package journal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/provider"
)

const canary = `c4nary/"secret"+&%41 with everything$`

var (
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	web  = journal.Ref{Provider: "acme", Kind: "key", ID: "A"}
)

func open(t *testing.T) (*journal.Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "credctl")
	s, err := folder.Open(dir)
	require.NoError(t, err)
	return s, dir
}

func first(old string) journal.Entry {
	return journal.Entry{Time: noon, Step: "intent", Provider: "acme", Kind: "key", OldID: old, Snapshot: []string{"A", "foreign"}}
}

func issued(id string) journal.Entry {
	return journal.Entry{
		Time: noon, Step: "issued", NewID: id, Data: json.RawMessage(`{"key":"AKIA"}`),
		Secrets: map[string]provider.Secret{journal.NewSecret: provider.NewSecret(canary)},
	}
}

func create(t *testing.T, s *journal.Store, entries ...journal.Entry) *journal.Operation {
	t.Helper()
	o, err := s.Create(entries[0])
	require.NoError(t, err)
	for _, e := range entries[1:] {
		require.NoError(t, o.Append(e))
	}
	return o
}

func root(t *testing.T, x journal.Index, id string) string {
	t.Helper()
	r, err := x.Root(web.With(id))
	require.NoError(t, err)
	return r.ID
}

func current(t *testing.T, x journal.Index, id string) string {
	t.Helper()
	r, err := x.Current(web.With(id))
	require.NoError(t, err)
	return r.ID
}

func file(dir string, o *journal.Operation) string {
	return filepath.Join(dir, "operations", o.ID+".jsonl")
}

func TestOperationSurvives(t *testing.T) {
	s, dir := open(t)
	o := create(t, s, first("A"), issued("B"))

	again, err := folder.Open(dir)
	require.NoError(t, err)
	read, err := again.Load(o.ID)
	require.NoError(t, err)
	assert.Equal(t, o.Entries, read.Entries)
	assert.Equal(t, web, read.Ref())
	assert.Equal(t, "B", read.NewID())
	assert.False(t, read.Final())
	secrets, err := read.Secrets()
	require.NoError(t, err)
	assert.Equal(t, canary, secrets[journal.NewSecret].Reveal())

	require.NoError(t, read.Append(journal.Entry{Time: noon, Step: journal.Done}))
	read, err = again.Load(o.ID)
	require.NoError(t, err)
	assert.Len(t, read.Entries, 3)
	assert.Equal(t, "B", read.NewID(), "it need not be said again")
}

func TestF9NothingIsInClearAndNothingIsOpenToOthers(t *testing.T) {
	s, dir := open(t)
	o := create(t, s, first("A"), issued("B"))
	require.NoError(t, s.Issued(web, provider.NewSecret(canary), noon))
	require.NoError(t, s.Audit(journal.Event{Time: noon, Verb: "rotate", Result: "ok"}))
	quoted, err := json.Marshal(canary)
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			require.NoError(t, err)
			info, err := d.Info()
			require.NoError(t, err)
			if d.IsDir() {
				assert.Equal(t, fs.FileMode(0o700), info.Mode().Perm(), path)
				return nil
			}
			assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), path)
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			for _, form := range []string{canary, url.QueryEscape(canary), strings.Trim(string(quoted), `"`), base64.StdEncoding.EncodeToString([]byte(canary)), base64.URLEncoding.EncodeToString([]byte(canary))} {
				assert.NotContains(t, string(b), form, path)
			}
			if strings.Contains(path, "operations") {
				assert.NotContains(t, string(b), "AGE-SECRET-KEY", "the identity is kept apart")
			}
			return nil
		}))
		require.NoError(t, o.Wipe())
	}
}

func TestWipeKeepsWhatHappened(t *testing.T) {
	s, dir := open(t)
	o := create(t, s, first("A"), issued("B"), journal.Entry{Time: noon, Step: journal.Done})
	require.NoError(t, o.Wipe())
	b, err := os.ReadFile(file(dir, o))
	require.NoError(t, err)
	assert.NotContains(t, string(b), "sealed")
	assert.NotContains(t, string(b), "foreign")
	read, err := s.Load(o.ID)
	require.NoError(t, err)
	assert.True(t, read.Wiped())
	assert.True(t, read.Final())
	assert.Equal(t, "B", read.NewID())
	secrets, err := read.Secrets()
	require.NoError(t, err)
	assert.Empty(t, secrets)
}

// An entry whose Append has not returned is as if it were never written,
// wherever the writing stopped, and the next one takes its place.
func TestF1TornLastEntry(t *testing.T) {
	for _, reserved := range []bool{true, false} {
		s, dir := open(t)
		o := create(t, s, first("A"))
		before, err := os.ReadFile(file(dir, o))
		require.NoError(t, err)
		start := len(bytes.TrimRight(before, "\n")) + 1
		require.NoError(t, o.Append(issued("B")))
		whole, err := os.ReadFile(file(dir, o))
		require.NoError(t, err)
		end := len(bytes.TrimRight(whole, "\n")) + 1
		for cut := start; cut < end; cut++ {
			torn := append(bytes.Clone(whole[:cut]), before[cut:]...) // what was not written is still the reserve
			if !reserved {
				torn = torn[:cut]
			}
			copy(torn, headOf(before)) // which is written after the entry
			require.NoError(t, os.WriteFile(file(dir, o), torn, 0o600))
			read, err := s.Load(o.ID)
			require.NoError(t, err)
			require.NoError(t, read.Damaged, "cut at %d", cut)
			if len(read.Entries) == 2 { // all but the newline
				require.Equal(t, end-1, cut)
				continue
			}
			require.Len(t, read.Entries, 1, "cut at %d", cut)
			require.NoError(t, read.Append(journal.Entry{Time: noon, Step: journal.Aborted}))
			read, err = s.Load(o.ID)
			require.NoError(t, err)
			require.NoError(t, read.Damaged, "cut at %d", cut)
			require.Len(t, read.Entries, 2)
			require.Equal(t, journal.Aborted, read.Last().Step)
		}
	}
}

func TestF1HoleInTheLastEntry(t *testing.T) {
	s, dir := open(t)
	o := create(t, s, first("A"))
	before, err := os.ReadFile(file(dir, o))
	require.NoError(t, err)
	start := len(bytes.TrimRight(before, "\n")) + 1
	require.NoError(t, o.Append(issued("B")))
	whole, err := os.ReadFile(file(dir, o))
	require.NoError(t, err)
	end := len(bytes.TrimRight(whole, "\n"))
	for at := start; at < end-40; at += 7 {
		for _, fill := range []string{"\n", "\x00"} { // a sector that was not written, before one that was
			torn := bytes.Clone(whole)
			copy(torn, headOf(before))
			copy(torn[at:], strings.Repeat(fill, 40))
			require.NoError(t, os.WriteFile(file(dir, o), torn, 0o600))
			read, err := s.Load(o.ID)
			require.NoError(t, err)
			require.NoError(t, read.Damaged, at)
			require.Len(t, read.Entries, 1)
		}
	}
}

func TestDamageIsNotMistakenForATornEntry(t *testing.T) {
	s, dir := open(t)
	o := create(t, s, first("A"), issued("B"), journal.Entry{Time: noon, Step: "verified"})
	b, err := os.ReadFile(file(dir, o))
	require.NoError(t, err)
	second := len(headOf(b)) + bytes.IndexByte(b[len(headOf(b)):], '\n') + 1
	b[second] = 'x'
	require.NoError(t, os.WriteFile(file(dir, o), b, 0o600))
	read, err := s.Load(o.ID)
	require.NoError(t, err)
	require.Error(t, read.Damaged)
	assert.Equal(t, web, read.Ref(), "it is still known what it is about")
	require.Error(t, read.Append(journal.Entry{Step: journal.Done}))
	require.Error(t, read.Wipe())
	x, err := s.Index()
	require.NoError(t, err)
	assert.Len(t, x.Unfinished(), 1)
}

func TestAnOperationWithoutItsFirstEntryIsDamaged(t *testing.T) {
	s, dir := open(t)
	o := create(t, s, first("A"), issued("B"))
	whole, err := os.ReadFile(file(dir, o))
	require.NoError(t, err)
	for _, content := range []string{"", "\n\n", `{"seq":1,"st`, `{"seq":1,"st` + "\n\n\n", "x" + string(whole)} {
		require.NoError(t, os.WriteFile(file(dir, o), []byte(content), 0o600))
		x, err := s.Index()
		require.NoError(t, err)
		require.Len(t, x.Unfinished(), 1, "it was whole when Create returned: something was destroyed")
		require.ErrorContains(t, x.Live()[0].Damaged, "entry 1 cannot be read")
		assert.Equal(t, journal.Ref{}, x.Live()[0].Ref())
	}
}

func TestCreateLeavesTheWholeEntryOrNone(t *testing.T) {
	s, dir := open(t)
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "operations")))
	_, err := s.Create(first("A"))
	require.Error(t, err)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "operations"), 0o700))
	left := filepath.Join(dir, "operations", ".20260101-000000-00000001.jsonl.credctl-1.tmp")
	require.NoError(t, os.WriteFile(left, []byte(`{"seq":1`), 0o600)) // by a run that was killed
	x, err := s.Index()
	require.NoError(t, err)
	assert.Empty(t, x.Live())
}

// What a run that was killed left half written may hold a secret, and its name
// does not come again.
func TestF1WhatAKilledRunLeftIsRemoved(t *testing.T) {
	_, dir := open(t)
	made := map[string]bool{} // whether it stays
	for _, in := range []string{"operations", "identity"} {
		for name, age := range map[string]time.Duration{".x.credctl-1.tmp": 2 * time.Hour, ".y.credctl-2.tmp": time.Minute, "z.jsonl": 2 * time.Hour} {
			path := filepath.Join(dir, in, name)
			require.NoError(t, os.WriteFile(path, []byte(`{"seq":1,"sealed":"x"`), 0o600))
			then := time.Now().Add(-age)
			require.NoError(t, os.Chtimes(path, then, then))
			made[path] = name != ".x.credctl-1.tmp"
		}
	}
	_, err := folder.Open(dir)
	require.NoError(t, err)
	for path, stays := range made {
		_, err := os.Stat(path)
		assert.Equal(t, stays, err == nil, "%s: %v", path, err)
	}
}

func TestEntriesLargerThanTheReserve(t *testing.T) {
	s, _ := open(t)
	o := create(t, s, first("A"))
	big, err := json.Marshal(strings.Repeat("x", 200<<10))
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, o.Append(journal.Entry{Time: noon, Step: "issued", Data: big}))
	}
	read, err := s.Load(o.ID)
	require.NoError(t, err)
	require.NoError(t, read.Damaged)
	assert.Len(t, read.Entries, 4)
}

func TestIndexFollowsTheChain(t *testing.T) {
	s, _ := open(t)
	done := journal.Entry{Time: noon, Step: journal.Done}
	b := create(t, s, first("B"), issued("C"), done) // the clock was set back after this one
	a := create(t, s, first("A"), issued("B"), done)
	create(t, s, first("C"), issued("X"), journal.Entry{Time: noon, Step: journal.Aborted})
	inPlace := create(t, s, first("C"), issued("C"), done)
	last := create(t, s, first("C"), issued("D"))
	x, err := s.Index()
	require.NoError(t, err)
	for _, id := range []string{"A", "B", "C"} {
		assert.Equal(t, "C", current(t, x, id), id)
	}
	for _, id := range []string{"A", "B", "C", "D"} {
		assert.Equal(t, "A", root(t, x, id), id)
	}
	assert.Equal(t, "X", root(t, x, "X"), "an aborted one has no successor")
	assert.Equal(t, last.ID, x.Unfinished()[0].ID)
	assert.Len(t, x.Unfinished(), 1)
	assert.Len(t, x.UnfinishedOf(web.With("C")), 1)
	assert.Empty(t, x.UnfinishedOf(journal.Ref{Provider: "other", Kind: "key", ID: "C"}))
	for id, want := range map[string]string{a.ID: a.ID, "A": a.ID, "C": last.ID, "D": last.ID, inPlace.ID: inPlace.ID} {
		o, err := x.Find(id)
		require.NoError(t, err)
		assert.Equal(t, want, o.ID, id)
	}
	o, err := x.Find("B")
	require.NoError(t, err)
	assert.Contains(t, []string{a.ID, b.ID}, o.ID)
	_, err = x.Find("nothing")
	require.ErrorIs(t, err, provider.ErrNotFound)
	_, err = s.Load("../audit")
	require.ErrorIs(t, err, provider.ErrNotFound)
}

func TestSeenAndOwner(t *testing.T) {
	s, dir := open(t)
	seen, err := s.Seen()
	require.NoError(t, err)
	at, err := seen.First(web)
	require.NoError(t, err)
	assert.True(t, at.IsZero())
	require.NoError(t, seen.Note(noon, web))
	require.NoError(t, seen.Note(noon.Add(time.Hour), web))
	seen, err = s.Seen()
	require.NoError(t, err)
	at, err = seen.First(web)
	require.NoError(t, err)
	assert.Equal(t, noon, at)

	_, known, err := s.Owner(provider.NewSecret(canary))
	require.NoError(t, err)
	assert.False(t, known)
	o := create(t, s, first("A"), issued("B"), journal.Entry{Time: noon, Step: journal.Done})
	require.NoError(t, o.Wipe())
	owner, known, err := s.Owner(provider.NewSecret(canary))
	require.NoError(t, err)
	assert.True(t, known, "also when the secret itself is gone")
	assert.Equal(t, web.With("B"), owner)
	require.NoError(t, s.Issued(web.With("Z"), provider.NewSecret("other"), noon))
	again, err := folder.Open(dir)
	require.NoError(t, err)
	owner, known, err = again.Owner(provider.NewSecret("other"))
	require.NoError(t, err)
	assert.True(t, known)
	assert.Equal(t, "Z", owner.ID)
	_, known, err = again.Owner(provider.Secret{})
	require.NoError(t, err)
	assert.False(t, known)
}

func TestAuditFromManyAtOnce(t *testing.T) {
	s, dir := open(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "audit.jsonl"), []byte(`{"time":"2026-`), 0o600)) // killed here
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			other, err := folder.Open(dir)
			if assert.NoError(t, err) {
				assert.NoError(t, other.Audit(journal.Event{Time: noon, Verb: "rotate", Result: "ok"}))
			}
		})
	}
	all.Wait()
	events, err := s.Events()
	require.NoError(t, err)
	assert.Len(t, events, 8)
	assert.NotEmpty(t, events[0].Who)
}

func TestF6OneHolderOfALock(t *testing.T) {
	s, _ := open(t)
	_, release, err := s.Lock(t.Context(), web.String(), 0)
	require.NoError(t, err)
	_, _, err = s.Lock(t.Context(), web.String(), 0)
	require.ErrorIs(t, err, provider.ErrLocked)
	assert.NotEmpty(t, provider.HintOf(err))
	_, other, err := s.Lock(t.Context(), web.With("B").String(), 0)
	require.NoError(t, err)
	other()
	release()
	_, release, err = s.Lock(t.Context(), web.String(), 0)
	require.NoError(t, err)
	release()
}

func TestAFolderThatWasOpenIsClosed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "credctl")
	require.NoError(t, os.Mkdir(dir, 0o755))
	_, err := folder.Open(dir)
	require.NoError(t, err)
	info, err := os.Stat(dir)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o700), info.Mode().Perm())
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"seq":1,"time":"2026-11-22T12:00:00Z","step":"intent","provider":"acme","kind":"key","old_id":"A"}` + "\n"))
	f.Add([]byte("\n\n{}\n"))
	dir := f.TempDir()
	s, err := folder.Open(dir)
	require.NoError(f, err)
	o, err := s.Create(first("A"))
	require.NoError(f, err)
	require.NoError(f, os.Remove(filepath.Join(dir, "operations", o.ID+".jsonl")))
	f.Fuzz(func(t *testing.T, content []byte) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "operations", "x.jsonl"), content, 0o600))
		x, err := s.Index()
		require.NoError(t, err)
		x.UnfinishedOf(web)
		current(t, x, root(t, x, "A"))
		_, _ = x.Find("A")
		for _, o := range x.Live() {
			_, _ = o.Secrets()
			if o.Damaged == nil {
				require.NoError(t, o.Append(journal.Entry{Time: noon, Step: journal.Done}))
				again, err := s.Load("x")
				require.NoError(t, err)
				require.NoError(t, again.Damaged)
				require.Equal(t, journal.Done, again.Last().Step)
				require.Len(t, again.Entries, len(o.Entries))
			}
		}
	})
}
