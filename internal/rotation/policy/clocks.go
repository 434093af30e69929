package policy

import (
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/rotation"
)

// tellFuture reports once that the journal has a time which has not come yet.
func tellFuture(j *job, r journal.Ref, at time.Time) {
	j.engine.Future.Tell(j.engine.Time(), at, func(text string) {
		j.engine.Report(rotation.Notice{Subject: rotation.Subject{Provider: r.Provider, Kind: r.Kind, ID: r.ID}, Text: text, Important: true})
	})
}
