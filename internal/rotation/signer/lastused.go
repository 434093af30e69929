package signer

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// pauses are those between looks at when credentials were last used. They differ, so
// that regular use by somebody else does not look like ours.
func pauses() []time.Duration {
	return []time.Duration{150 * time.Millisecond, 290 * time.Millisecond, 220 * time.Millisecond}
}

// late is how long after an answer a server may still write down the time of use.
const late = 60 * time.Millisecond

// lately bounds what is remembered of a large listing: our own requests were only
// just signed.
const lately = 24 * time.Hour

// A record is what several looks at a listing show.
type record struct {
	wanted map[string]bool        // IDs in lower case that are remembered whenever they were used
	asked  []time.Time            // when each look began
	took   []time.Duration        // and how long it took
	used   map[string][]time.Time // by ID in lower case: the time of last use at each look
}

// look ranges over all, and gives each credential to see.
func (r *record) look(all iter.Seq2[provider.Credential, error], see func(provider.Credential)) error {
	start := time.Now()
	for c, err := range all {
		if err != nil {
			return err
		}
		see(c)
		if id := strings.ToLower(c.ID); !c.LastUsed.IsZero() && (r.wanted[id] || time.Since(c.LastUsed) < lately) {
			r.used[id] = append(r.used[id], c.LastUsed)
		}
	}
	r.asked, r.took = append(r.asked, start), append(r.took, time.Since(start))
	return nil
}

// watch looks again after pauses. It stops early where no credential has moved,
// because more looks would not tell more.
func (r *record) watch(ctx context.Context, all iter.Seq2[provider.Credential, error]) error {
	for _, pause := range pauses() {
		if len(r.used) == 0 || len(r.asked) == 3 && !r.anyMoved() {
			return nil
		}
		select {
		case <-time.After(max(pause, 2*slices.Max(r.took))):
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := r.look(all, func(provider.Credential) {}); err != nil {
			return err
		}
	}
	return nil
}

func (r *record) anyMoved() bool {
	for id := range r.used {
		if r.moved(id) {
			return true
		}
	}
	return false
}

// moved reports whether a credential was used while we looked, or may have been.
func (r *record) moved(id string) bool {
	times := r.used[id]
	for _, t := range times {
		if !t.Equal(times[0]) {
			return true
		}
	}
	return len(times) > 0 && len(times) < len(r.asked) // it was used for the first time
}

// signer returns the one credential whose times of use keep step with our looks; ""
// unless there is just one.
func (r *record) signer() (id string) {
	for candidate, times := range r.used {
		if !r.inStep(times) {
			continue
		}
		if id != "" {
			return ""
		}
		id = candidate
	}
	return id
}

// inStep reports whether each look shows the time of that look, or of the one before
// where the server writes it after its answer. The clocks may differ by any time
// that is always the same.
func (r *record) inStep(used []time.Time) bool {
	looks := len(r.asked)
	if looks <= len(pauses()) || len(used) != looks {
		return false
	}
	for first := range 2 {
		if r.inStepWith(used, first) {
			return true
		}
	}
	return false
}

// inStepWith reports that where the second look shows the time of the look first. One
// look that took long makes no other less exact.
func (r *record) inStepWith(used []time.Time, first int) bool {
	skew := used[1].Sub(r.asked[first])
	near := func(t time.Time, look int) bool {
		d := t.Sub(r.asked[look].Add(skew)) // each is some time between its look and the answer
		return -r.took[first]-late <= d && d <= r.took[look]+late
	}
	for i := 1; i < len(r.asked); i++ {
		if !near(used[i], i) && !near(used[i], i-1) {
			return false
		}
	}
	return true
}
