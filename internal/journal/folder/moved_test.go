package folder_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
)

// TestAnOperationIsMovedWhileItIsWiped: runs at the same time wipe what has ended, and move
// it to the finished operations.
func TestAnOperationIsMovedWhileItIsWiped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() *journal.Store {
		s, err := folder.Open(dir)
		require.NoError(t, err)
		return s
	}
	stores := []*journal.Store{open(), open(), open()}
	for range 100 {
		op, err := stores[0].Create(journal.Entry{Time: time.Now(), Step: "intent", Provider: "acme", Kind: "key", OldID: "A"})
		require.NoError(t, err)
		require.NoError(t, op.Append(journal.Entry{Time: time.Now(), Step: journal.Aborted}))
		var all sync.WaitGroup
		for _, s := range stores {
			all.Go(func() {
				o, err := s.Load(op.ID)
				if assert.NoError(t, err) {
					assert.NoError(t, o.Wipe())
				}
				_, err = s.Index()
				assert.NoError(t, err)
			})
		}
		all.Wait()
		if t.Failed() {
			return
		}
	}
}
