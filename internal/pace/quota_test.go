package pace

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A vendor may count twice, by the address and by the key: what is spent for a
// second does not wait for the minute of the other count.
func TestTheSpentCountSaysHowLong(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var q quota
	first, second := q.start(now, ofAll), q.start(now, ofAll)
	q.tell(first, now, Count{Left: 9999, Ends: now.Add(time.Minute)})
	q.tell(second, now, Count{Left: 0, Ends: now.Add(time.Second)})
	assert.Equal(t, time.Second, q.delay(now))
}

// An answer that many others have overtaken tells what was left before those.
func TestAnOvertakenAnswerRaisesNothing(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	q := quota{window: time.Minute}
	slow := q.start(now, ofAll)
	for i := range 95 {
		s := q.start(now, ofAll)
		q.end(s)
		q.tell(s, now, Count{Left: 98 - i, Ends: now.Add(time.Minute)})
	}
	q.end(slow)
	q.tell(slow, now.Add(20*time.Second), Count{Left: 99, Ends: now.Add(80 * time.Second)})
	assert.Equal(t, 4, q.free())
	for range 4 {
		q.start(now, ofAll)
	}
	assert.Equal(t, 60*time.Second, q.delay(now))
	assert.Zero(t, q.delay(now.Add(time.Minute)), "another window")
}

// If no answer tells how many requests remain for the address, the requests that were sent
// are subtracted from the limit, in each window. A server that always announces a later end
// of its window delays nothing.
func TestWhatWasSentCounts(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	q := quota{window: time.Minute, limit: 100, mixed: true}
	send := func(at time.Time, by counter, c Count) bool {
		if q.delay(at) > 0 {
			return false
		}
		s := q.start(at, by)
		q.end(s)
		q.tell(s, at, q.learn(s, 200, c))
		return true
	}
	for window := range 3 {
		at := now.Add(time.Duration(window) * time.Minute)
		for i := range 100 {
			by := []counter{ofSigner, ofAnother}[i%2]
			assert.True(t, send(at, by, Count{Limit: 100, Left: 99 - i/2, Ends: now.Add(time.Duration(window+1) * time.Minute)}), "%d %d", window, i)
		}
		assert.False(t, send(at, ofSigner, Count{}))
	}
	for i := range 1000 {
		at := now.Add(time.Hour + time.Duration(i)*time.Second)
		assert.True(t, send(at, ofAnother, Count{Limit: 100, Left: 99, Ends: at.Add(time.Minute)}), i)
	}
}
