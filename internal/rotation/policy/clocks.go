package policy

import (
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/rotation"
)

// tellFuture reports once that the journal has times which have not come yet.
func tellFuture(e *rotation.Engine, index journal.Index) {
	now := e.Time()
	for _, op := range index {
		if op.Damaged != nil || !op.Last().Time.After(now.Add(2*time.Minute)) {
			continue
		}
		text := fmt.Sprintf("the journal has entries from %s, and the clock of this machine says %s: check it; ages and grace periods may be wrong",
			op.Last().Time.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
		ref := op.Ref()
		e.Report(rotation.Notice{Subject: rotation.Subject{Provider: ref.Provider, Kind: ref.Kind, ID: ref.ID}, Text: text, Important: true})
		return
	}
}
