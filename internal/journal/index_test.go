package journal_test

import (
	"bytes"
	"os"
	"os/user"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// Operations that began in the same second have IDs that say nothing of their order.
func TestOperationsAreInTheOrderInWhichTheyBegan(t *testing.T) {
	s, _ := open(t)
	var want, got []string
	for i := range 8 {
		e := first("A")
		e.Time = noon.Add(time.Duration(i) * time.Millisecond)
		want = append(want, create(t, s, e).ID)
	}
	all, err := s.Operations()
	require.NoError(t, err)
	for _, o := range all {
		got = append(got, o.ID)
	}
	assert.Equal(t, want, got)
}

func TestBlankLinesBetweenEntriesSayNothing(t *testing.T) {
	s, dir := open(t)
	o := create(t, s, first("A"), issued("B"))
	b, err := os.ReadFile(file(dir, o))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file(dir, o), bytes.Replace(b, []byte("\n"), []byte("\n\n \n"), 1), 0o600))
	read, err := s.Load(o.ID)
	require.NoError(t, err)
	require.NoError(t, read.Damaged)
	assert.Equal(t, o.Entries, read.Entries)
}

// What has ended, and holds no secret any more, is not read again; nor is what has not
// changed for a while.
func TestWhatHasEndedIsReadOnce(t *testing.T) {
	s, dir := open(t)
	done := journal.Entry{Time: noon, Step: journal.Done}
	wiped, unwiped, unfinished := create(t, s, first("A"), issued("B"), done), create(t, s, first("C"), issued("D"), done), create(t, s, first("E"), issued("F"))
	require.NoError(t, wiped.Wipe())
	for _, o := range []*journal.Operation{unwiped, unfinished} {
		then := time.Now().Add(-time.Minute)
		require.NoError(t, os.Chtimes(file(dir, o), then, then))
	}
	_, err := s.Operations()
	require.NoError(t, err)
	ended := filepath.Join(dir, "finished", wiped.ID+".jsonl")
	spoil := func(path string, later time.Duration) {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("x"), int(info.Size())), 0o600))
		require.NoError(t, os.Chtimes(path, time.Time{}, info.ModTime().Add(later)))
	}
	damaged := func() map[string]bool {
		x, err := s.Index()
		require.NoError(t, err)
		found := map[string]bool{}
		for _, o := range x.Live() {
			found[o.ID] = o.Damaged != nil
		}
		return found
	}
	for _, path := range []string{ended, file(dir, unwiped), file(dir, unfinished)} {
		spoil(path, 0)
	}
	assert.Equal(t, map[string]bool{unwiped.ID: false, unfinished.ID: false}, damaged())
	spoil(file(dir, unfinished), time.Second)
	assert.Equal(t, map[string]bool{unwiped.ID: false, unfinished.ID: true}, damaged())
	read, err := s.Load(wiped.ID)
	require.NoError(t, err)
	require.Error(t, read.Damaged)
}

func TestTheTrailSaysWhoAndWhere(t *testing.T) {
	s, _ := open(t)
	require.NoError(t, s.Audit(journal.Event{Time: noon, Verb: "rotate", Result: "ok"}))
	require.NoError(t, s.Audit(journal.Event{Time: noon, Verb: "rotate", Result: "ok", Who: "cron", Host: "build-7"}))
	events, err := s.Events()
	require.NoError(t, err)
	host, err := os.Hostname()
	require.NoError(t, err)
	me, err := user.Current()
	require.NoError(t, err)
	assert.Equal(t, me.Username, events[0].Who)
	assert.Equal(t, host, events[0].Host)
	assert.Equal(t, []string{"cron", "build-7"}, []string{events[1].Who, events[1].Host})
}

// What has no secret is not told by it, although a credential may have been issued
// without one.
func TestNobodyOwnsNoSecret(t *testing.T) {
	s, _ := open(t)
	require.NoError(t, s.Issued(web, provider.Secret{}, noon))
	_, known, err := s.Owner(provider.Secret{})
	require.NoError(t, err)
	assert.False(t, known)
}
