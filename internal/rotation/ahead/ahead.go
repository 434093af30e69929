// Package ahead tells that the journal has a time which has not come yet: a clock is, or
// was, wrong.
package ahead

import (
	"fmt"
	"sync"
	"time"
)

// agree is by how much clocks may differ.
const agree = 2 * time.Minute

// A Future tells so once. The zero value has not done it yet.
type Future struct{ once sync.Once }

// Tell calls tell with a text for people if a time of the journal is later than now.
func (f *Future) Tell(now, at time.Time, tell func(text string)) {
	if !at.After(now.Add(agree)) {
		return
	}
	f.once.Do(func() {
		tell(fmt.Sprintf("the journal has entries from %s, and the clock of this machine says %s: check it; ages and grace periods may be wrong",
			at.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339)))
	})
}
