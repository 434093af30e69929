package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/journal/journaltest"
	"github.com/credctl/credctl/internal/provider"
)

// An operation has to do with the credential that it replaces and with the one that it
// issues, and issued nothing that counts before it has ended.
func TestWhatAnUnfinishedOperationHasToDoWith(t *testing.T) {
	s, _ := open(t)
	unfinished := create(t, s, first("A"), issued("B"))
	inPlace := create(t, s, first("E"), issued("E"))
	create(t, s, first("F")) // has issued nothing
	x, err := s.Index()
	require.NoError(t, err)
	for id, want := range map[string][]string{"A": {unfinished.ID}, "B": {unfinished.ID}, "E": {inPlace.ID}, "": nil, "G": nil} {
		var got []string
		for _, o := range x.UnfinishedOf(web.With(id)) {
			got = append(got, o.ID)
		}
		assert.Equal(t, want, got, "%q", id)
	}
	for _, id := range []string{"B", "E"} {
		_, known, err := x.Made(web.With(id))
		require.NoError(t, err)
		assert.False(t, known, "%s: it may still be undone", id)
	}
	_, known, err := x.LastDone(web)
	require.NoError(t, err)
	assert.False(t, known)
	require.NoError(t, unfinished.Append(journal.Entry{Time: noon, Step: journal.Done}))
	x, err = s.Index()
	require.NoError(t, err)
	made, known, err := x.Made(web.With("B"))
	require.NoError(t, err)
	assert.True(t, known)
	assert.Equal(t, unfinished.ID, made.Operation)
	assert.Empty(t, x.UnfinishedOf(web.With("B")))
}

// Of two operations that have ended, the later is found, wherever the journal keeps it.
func TestTheLaterOfTwoIsFound(t *testing.T) {
	for name, wiped := range map[string]int{"the later was moved": 1, "the earlier was moved": 0} {
		t.Run(name, func(t *testing.T) {
			s, _ := open(t)
			var all []*journal.Operation
			for i := range 2 {
				e := first("C")
				e.Time = noon.Add(time.Duration(i) * time.Hour)
				all = append(all, create(t, s, e, issued("C"), journal.Entry{Time: e.Time, Step: journal.Done}))
			}
			require.NoError(t, all[wiped].Wipe())
			x, err := s.Index()
			require.NoError(t, err)
			require.Len(t, x.Live(), 1)
			found, err := x.Find("C")
			require.NoError(t, err)
			assert.Equal(t, all[1].ID, found.ID)
		})
	}
}

// Another process that made the same step at another time is at work, too.
func TestTheSameStepOfAnotherProcess(t *testing.T) {
	s, dir := open(t)
	ours := create(t, s, first("A"))
	require.NoError(t, ours.Unchanged())
	before := filepath.Join(t.TempDir(), "before")
	require.NoError(t, os.CopyFS(before, os.DirFS(dir)))
	require.NoError(t, ours.Append(issued("B")))
	require.NoError(t, ours.Unchanged())

	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, os.CopyFS(dir, os.DirFS(before)))
	again, err := folder.Open(dir)
	require.NoError(t, err)
	theirs, err := again.Load(ours.ID)
	require.NoError(t, err)
	later := issued("B")
	later.Time = noon.Add(time.Second)
	require.NoError(t, theirs.Append(later))
	err = ours.Unchanged()
	require.ErrorIs(t, err, provider.ErrLocked)
	require.ErrorContains(t, err, "another process is working on it")
}

// Whichever call of the place where the journal is kept fails, the error is returned.
func TestNoFailureIsSwallowed(t *testing.T) {
	for what, do := range map[string]func(*journal.Store, string) error{
		"append": func(s *journal.Store, id string) error {
			o, err := s.Load(id)
			if err != nil {
				return err
			}
			return errors.Join(o.Damaged, o.Append(journal.Entry{Time: noon, Step: journal.Done}))
		},
		"wipe": func(s *journal.Store, id string) error {
			o, err := s.Load(id)
			if err != nil {
				return err
			}
			if err := errors.Join(o.Damaged, o.Wipe()); err != nil {
				return err
			}
			assert.True(t, o.Wiped(), "as it is read, and as it is known")
			return nil
		},
		"create": func(s *journal.Store, _ string) error {
			_, err := s.Create(first("C"))
			return err
		},
		"issued": func(s *journal.Store, _ string) error {
			return s.Issued(web.With("C"), provider.NewSecret(canary), noon)
		},
		"seen": func(s *journal.Store, _ string) error {
			seen, err := s.Seen()
			if err != nil {
				return err
			}
			return seen.Note(noon, web.With("C"))
		},
	} {
		t.Run(what, func(t *testing.T) {
			for n := int64(1); ; n++ {
				require.Less(t, n, int64(50))
				s, _ := open(t)
				o := create(t, s, first("A"), issued("B"))
				failing, failed := journaltest.Failing(s, n)
				err := do(failing, o.ID)
				if !failed() {
					require.NoError(t, err)
					assert.Greater(t, n, int64(1), "it was called")
					return
				}
				require.ErrorIs(t, err, journaltest.ErrFails, "call %d", n)
			}
		})
	}
}
