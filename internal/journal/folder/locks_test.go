package folder_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
)

// The files of locks are as many as there are locks, not as there ever were.
func TestLocksLeaveNoFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := folder.Open(dir)
	require.NoError(t, err)
	files := func() int {
		all, err := os.ReadDir(filepath.Join(dir, "locks"))
		require.NoError(t, err)
		return len(all)
	}
	_, err = s.Key()
	require.NoError(t, err)
	before := files()
	for i := range 10 {
		_, release, err := s.Lock(t.Context(), fmt.Sprint("acme key ", i), 0)
		require.NoError(t, err)
		require.Equal(t, before+1, files())
		release()
	}
	require.Equal(t, before, files())

	for i := range 5 { // of runs that were killed
		require.NoError(t, os.WriteFile(filepath.Join(dir, "locks", fmt.Sprintf("%032x", i)), nil, 0o600))
	}
	_, release, err := s.Lock(t.Context(), "acme key held", 0)
	require.NoError(t, err)
	_, err = s.Prune(time.Now(), false)
	require.NoError(t, err)
	require.Equal(t, 1, files(), "the one that is held")
	_, _, err = s.Lock(t.Context(), "acme key held", 0)
	require.Error(t, err, "it is still held")
	release()
	require.Zero(t, files())
}

// Who adds to the trail at the same time, in this process and in another, is in it.
func TestManyAddToTheTrail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var all sync.WaitGroup
	for range 2 { // a folder for each process
		s, err := folder.Open(dir)
		require.NoError(t, err)
		for i := range 8 {
			all.Go(func() {
				for range 5 {
					assert.NoError(t, s.Audit(journal.Event{Verb: "delete", ID: strconv.Itoa(i)}))
				}
			})
		}
	}
	all.Wait()
	s, err := folder.Open(dir)
	require.NoError(t, err)
	report, err := s.VerifyTrail()
	require.NoError(t, err)
	require.Equal(t, 80, report.Hashed)
	require.Empty(t, report.Breaks)
}
