package policy

import (
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/rotation"
)

// tellFuture reports once that the journal has a time which has not come yet.
func tellFuture(j *job, r journal.Ref, at time.Time) {
	now := j.engine.Time()
	if !at.After(now.Add(2 * time.Minute)) {
		return
	}
	j.future.Do(func() {
		text := fmt.Sprintf("the journal has entries from %s, and the clock of this machine says %s: check it; ages and grace periods may be wrong",
			at.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
		j.engine.Report(rotation.Notice{Subject: rotation.Subject{Provider: r.Provider, Kind: r.Kind, ID: r.ID}, Text: text, Important: true})
	})
}
