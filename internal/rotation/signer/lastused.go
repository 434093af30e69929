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

// enough is how many looks tell the signer by their times.
const enough = 4

// late is how long after an answer a server may still write down the time of use.
const late = 60 * time.Millisecond

// lately bounds what is remembered of a large listing: our own requests were only
// just signed.
const lately = 24 * time.Hour

// A usage is what several looks at a listing show.
type usage struct {
	asked []time.Time            // when each look began
	took  []time.Duration        // and how long it took
	used  map[string][]time.Time // by ID in lower case: the time of last use at each look since it was lately
}

// observe ranges over all, and gives each credential to see.
func (r *usage) observe(all iter.Seq2[provider.Credential, error], see func(provider.Credential)) error {
	start := time.Now()
	for c, err := range all {
		if err != nil {
			return err
		}
		see(c)
		r.add(c)
	}
	r.asked, r.took = append(r.asked, start), append(r.took, time.Since(start))
	return nil
}

func (r *usage) add(c provider.Credential) {
	if id := strings.ToLower(c.ID); !c.LastUsed.IsZero() && time.Since(c.LastUsed) < lately {
		r.used[id] = append(r.used[id], c.LastUsed)
	}
}

// observeAgain looks once more, after a pause of which no two are equal.
func (r *usage) observeAgain(ctx context.Context, all iter.Seq2[provider.Credential, error]) error {
	pause := pauses()[(len(r.asked)-1)%len(pauses())]
	select {
	case <-time.After(max(pause, 2*slices.Max(r.took)) - time.Since(r.asked[len(r.asked)-1])):
	case <-ctx.Done():
		return ctx.Err()
	}
	return r.observe(all, func(provider.Credential) {})
}

// watch looks again until there were enough looks. It stops early where no credential
// was used, or none has moved, because more looks would not tell more.
func (r *usage) watch(ctx context.Context, all iter.Seq2[provider.Credential, error]) error {
	for len(r.asked) < enough && len(r.used) > 0 && (len(r.asked) < enough-1 || r.anyMoved()) {
		if err := r.observeAgain(ctx, all); err != nil {
			return err
		}
	}
	return nil
}

// dropFirst forgets the first look.
func (r *usage) dropFirst() {
	for id, times := range r.used {
		if len(times) == len(r.asked) {
			r.used[id] = times[1:]
		}
	}
	r.asked, r.took = r.asked[1:], r.took[1:]
}

func (r *usage) anyMoved() bool {
	for id := range r.used {
		if r.moved(id) {
			return true
		}
	}
	return false
}

// moved reports whether a credential was used while we looked, or may have been.
func (r *usage) moved(id string) bool {
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
func (r *usage) signer() (id string) {
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
// that is always the same. What the first look shows does not count.
func (r *usage) inStep(used []time.Time) bool {
	looks := len(r.asked)
	if looks < enough || len(used) < looks-1 {
		return false
	}
	used = append([]time.Time{{}}, used[len(used)-looks+1:]...)
	for first := range 2 {
		if r.inStepWith(used, first) {
			return true
		}
	}
	return false
}

// inStepWith reports that where the second look shows the time of the look first. One
// look that took long makes no other less exact.
func (r *usage) inStepWith(used []time.Time, first int) bool {
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
