package session

import (
	"net/http"
	"sync"
	"time"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/term"
)

// A clock compares the clock of this machine with the Date of vendors' answers, and
// tells once that they differ.
type clock struct {
	pace.Clock

	told sync.Once
}

// A dated transport has every answer seen by a clock.
type dated struct {
	next    http.RoundTripper
	clock   *clock
	streams *term.Streams
}

func (d dated) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := d.next.RoundTrip(r)
	d.clock.Observe(resp)
	if ahead := d.clock.Differs(); ahead != 0 {
		d.clock.told.Do(func() { d.streams.Remark("%s", differs(ahead, r.URL.Host)) })
	}
	return resp, err
}

func differs(ahead time.Duration, host string) string {
	where := "behind"
	if ahead < 0 {
		where = "ahead of"
	}
	return "credctl: warning: the clock of this machine is " + duration.Format(ahead.Abs().Round(time.Minute)) + " " + where + " that of " + host +
		"; ages and grace periods may be wrong until it is set"
}
