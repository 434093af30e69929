package pace

import (
	"math"
	"net/http"
	"time"
)

// A quota is how many requests may start until the vendor's window ends. Each request is
// counted when it starts. An answer lowers the number that remains. It raises it only if its
// request started after the last answer that told a number, or if it is about a later window.
// A run within the limit is never slowed down.
type quota struct {
	limit  int  // requests in a window; zero: not known
	final  bool // the vendor has refused a request for this limit
	mixed  bool // answers tell what remains for a key, and not for all that is counted
	window time.Duration

	left     int       // what answers say there is, without what is in flight
	told     bool      // they do
	ends     time.Time // of the window; zero: not known
	guessed  bool      // no answer of this window has told its end
	inFlight int
	unheard  int    // of them, those whose answers will tell less
	sent     int    // in this window
	tried    int    // of them, those of keys that are tried
	started  uint64 // requests so far
	first    uint64 // how many had started when the window began
	heard    uint64 // how many had started when an answer told last
}

// A start is a request that has started.
type start struct {
	n  uint64 // requests before it
	at time.Time
	by counter // whose requests the headers of its answer count
}

// longest bounds how long a request is held back for a count; beyond it the
// vendor decides.
const longest = time.Minute

// A counter says whose requests the headers of an answer count.
type counter int

const (
	ofAll     counter = iota // that the vendor counts together
	ofSigner                 // of the key that signs the requests of the run; but the end of the window is of all
	ofAnother                // of a key that is tried; the same
)

// slack is by how much the end of one window may differ between answers, which tell
// it in whole seconds.
const slack = 2 * time.Second

// delay is how long the next request must wait. While others are under way, the
// next answer tells more.
func (q *quota) delay(now time.Time) time.Duration {
	if !q.ends.IsZero() && !now.Before(q.ends) {
		q.begin(now)
	}
	wait := q.ends.Sub(now)
	if q.free() > 0 || wait <= 0 || wait > longest {
		return 0
	}
	return wait
}

// begin begins a window with the request that is started next. What is in flight may be
// counted in it.
func (q *quota) begin(now time.Time) {
	q.since(q.started)
	q.ends, q.guessed = time.Time{}, true
	if q.window > 0 {
		q.ends = now.Add(q.window)
	}
}

// since begins a window with the nth request. Those before it may be counted in it
// that are in flight.
func (q *quota) since(n uint64) {
	q.told, q.first = false, n
	q.sent = min(q.sent, int(q.started-n)+q.inFlight) //nolint:gosec // G115: a few
	q.tried = min(q.tried, q.sent)
}

// free is how many requests may start: the number that remains by the answers, or else the
// limit without the requests that this run has sent.
func (q *quota) free() int {
	free := math.MaxInt
	if q.told {
		free = q.left - q.unheard - q.tried
	}
	if (q.mixed || !q.told) && q.window > 0 && q.limit > 0 && !q.ends.IsZero() {
		free = min(free, q.limit-q.sent)
	}
	return free
}

func (q *quota) start(now time.Time, by counter) start {
	s := start{q.started, now, by}
	q.started++
	q.inFlight++
	q.sent++
	if by == ofAnother {
		q.tried++
	} else {
		q.unheard++
	}
	return s
}

func (q *quota) end(s start) {
	q.inFlight--
	if s.by != ofAnother {
		q.unheard--
	}
}

// tell notes what the answer to s says.
func (q *quota) tell(s start, now time.Time, c Count) {
	switch {
	case s.n < q.first: // it may be of the window before
		return
	case q.ends.IsZero(), q.guessed:
		q.ends, q.guessed = c.Ends, false
	case c.Ends.Add(s.at.Sub(now)).After(q.ends.Add(slack)): // of a window that has begun before the end of the last one was due
		q.since(s.n)
		q.ends = c.Ends
	case c.Ends.Before(q.ends): // each is an upper bound; or it is of another count, which ends sooner
		q.ends = c.Ends
	}
	if c.Left < 0 {
		return
	}
	if !q.told || s.n >= q.heard {
		q.left = c.Left
	}
	q.left, q.told, q.heard = min(q.left, c.Left), true, q.started
}

// learn notes what an answer tells of the limit, and returns what it tells of the
// requests that are counted together.
func (q *quota) learn(s start, status int, c Count) Count {
	if s.by == ofAll || status == http.StatusTooManyRequests {
		q.final = q.final || s.by != ofAll && c.Limit > 0
		if c.Limit > 0 {
			q.limit = c.Limit
		}
		return c
	}
	if s.by == ofSigner && !q.final { // a larger limit is rather the server's than the key's own
		q.limit = max(q.limit, c.Limit)
	}
	if s.by != ofSigner || c.Limit != q.limit {
		c.Left = -1
	}
	return c
}
