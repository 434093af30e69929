package journal

import (
	"fmt"

	"github.com/credctl/credctl/internal/provider"
)

// Unchanged returns an error of class [provider.ErrLocked] if the operation on the
// disk has other entries than o: another process works on it, although o's process
// took the lock. That happens where lock files were deleted, or do not lock.
func (o *Operation) Unchanged() error {
	now, err := o.store.Load(o.ID)
	if err != nil {
		return err
	}
	if now.Damaged != nil {
		return now.Damaged
	}
	same := len(now.Entries) == len(o.Entries)
	for i := 0; same && i < len(now.Entries); i++ {
		same = now.Entries[i].Step == o.Entries[i].Step && now.Entries[i].Time.Equal(o.Entries[i].Time)
	}
	if same {
		return nil
	}
	return provider.Hint(provider.WithClass(provider.ErrLocked, fmt.Errorf("stopped rotation %s: another process is working on it", o.ID)),
		"wait until that process has ended, then run: credctl rotation resume %s", o.ID)
}
