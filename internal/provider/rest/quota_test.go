package rest

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/provider"
)

// counting is a vendor that takes so many requests in each window, and says what is left.
type counting struct {
	limit  int
	window time.Duration
	header func(http.Header, int, time.Time)

	mu     sync.Mutex
	ends   time.Time
	count  int
	denied int
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(10 * time.Millisecond)
	c.mu.Lock()
	now := time.Now()
	if !now.Before(c.ends) {
		c.ends, c.count = now.Truncate(c.window).Add(c.window), 0
	}
	c.count++
	resp := answer(r, http.StatusOK, "{}")
	if c.count > c.limit {
		c.denied++
		resp = answer(r, http.StatusTooManyRequests, "{}")
	}
	c.header(resp.Header, max(0, c.limit-c.count), c.ends)
	c.mu.Unlock()
	time.Sleep(10 * time.Millisecond)
	return resp, nil
}

// TestQuota holds 16 workers against vendors that say how many requests are left.
func TestQuota(t *testing.T) {
	katapult := func(h http.Header, left int, _ time.Time) {
		h.Set("X-Ratelimit-Remaining", strconv.Itoa(left))
		h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	stratum := func(h http.Header, left int, ends time.Time) {
		h.Set("X-Ratelimit-Limit", "100")
		h.Set("X-Ratelimit-Remaining", strconv.Itoa(left))
		h.Set("X-Ratelimit-Reset", strconv.Itoa(int(time.Until(ends).Seconds()+0.999)))
	}
	for _, x := range []struct {
		name        string
		vendor      *counting
		documented  time.Duration // the window that the dialect states
		n           int
		least, most time.Duration
	}{
		{"all that is allowed is used at once", &counting{limit: 1000, window: time.Minute, header: katapult}, time.Minute, 1000, 1250 * time.Millisecond, 1600 * time.Millisecond},
		{"what is more waits for the next minute", &counting{limit: 1000, window: time.Minute, header: katapult}, time.Minute, 1500, 30 * time.Second, 62 * time.Second},
		{"a smaller token", &counting{limit: 200, window: time.Minute, header: katapult}, time.Minute, 1000, 232 * time.Second, 258 * time.Second},
		{"seconds", &counting{limit: 100, window: 10 * time.Second, header: stratum}, 0, 350, 20 * time.Second, 42 * time.Second},
		{"a hundred a minute", &counting{limit: 100, window: time.Minute, header: stratum}, 0, 1000, 532 * time.Second, 590 * time.Second},
		{"short windows", &counting{limit: 100, window: time.Second, header: stratum}, 0, 1000, 8 * time.Second, 10500 * time.Millisecond},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(7300 * time.Millisecond)
				took := bulk(t, newClient(t, x.vendor, func(d *Dialect) { d.Limit.Window = x.documented }), http.MethodPost, x.n, 16)
				assert.GreaterOrEqual(t, took, x.least)
				assert.LessOrEqual(t, took, x.most)
				assert.Zero(t, x.vendor.denied, "no request is sent in vain")
			})
		})
	}
}

// spent is an answer after which the vendor's rate limit allows no request for so many seconds.
func spent(seconds string) reply {
	return reply{status: 200, header: http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {seconds}}}
}

// TestAWaitForTheQuotaIsTold: by one of those that wait.
func TestAWaitForTheQuotaIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said []string
		s := &script{answers: []reply{spent("12"), {status: 200}}}
		c := s.client(t, func(c *provider.Conn, _ *Dialect) {
			c.Progress = func(what string) { said = append(said, what) }
		})
		start := time.Now()
		bulk(t, c, http.MethodDelete, 1, 1)
		bulk(t, c, http.MethodDelete, 40, 8)
		assert.Equal(t, 12*time.Second, time.Since(start))
		assert.Equal(t, []string{"rate limited: waiting 12s", ""}, said)
	})
}

// TestAWaitForTheQuotaIsBounded: what may not be waited for is not sent, and fails at once.
func TestAWaitForTheQuotaIsBounded(t *testing.T) {
	for name, x := range map[string]struct {
		maxWait, patience, took time.Duration
		fails                   bool
	}{
		"too long":        {11 * time.Second, 0, 0, true},
		"no wait at all":  {0, 0, 0, true},
		"just so long":    {12 * time.Second, 0, 12 * time.Second, false},
		"it has patience": {time.Second, time.Minute, 12 * time.Second, false},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run(name+"/"+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &script{answers: []reply{spent("12"), {status: 200}}}
					c := s.client(t, func(c *provider.Conn, _ *Dialect) { c.MaxWait = x.maxWait })
					bulk(t, c, http.MethodGet, 1, 1)
					start := time.Now()
					var all sync.WaitGroup
					for range 3 {
						all.Go(func() {
							_, err := Do[struct{}](t.Context(), c, Request{Method: method, Path: "/x", RetryFor: x.patience})
							if !x.fails {
								assert.NoError(t, err)
								return
							}
							assert.ErrorIs(t, err, provider.ErrRateLimited)                                                      //nolint:testifylint // require must not be called in a goroutine
							assert.NotErrorIs(t, err, provider.ErrUnknown)                                                       //nolint:testifylint // nor here
							assert.EqualError(t, err, method+" /x: not sent: the vendor's rate limit allows no request for 12s") //nolint:testifylint // nor here
							assert.Equal(t, "try again in 12s, or pass --max-wait 12s", provider.HintOf(err))
						})
					}
					all.Wait()
					assert.Equal(t, x.took, time.Since(start))
					assert.Len(t, s.sent, map[bool]int{true: 1, false: 4}[x.fails])
					time.Sleep(12 * time.Second)
					bulk(t, c, method, 1, 1)
				})
			})
		}
	}
}

// TestTheQuotaIsSettledByTheLastAnswer: an answer that was overtaken counts the
// others among what is used up. Nothing fails for that.
func TestTheQuotaIsSettledByTheLastAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &counting{limit: 1000, window: time.Minute, header: func(h http.Header, left int, ends time.Time) {
			h.Set("X-Ratelimit-Remaining", strconv.Itoa(left))
			h.Set("X-Ratelimit-Reset", strconv.Itoa(int(time.Until(ends).Seconds()+0.999)))
		}}
		c := newClient(t, v)
		c.conn.MaxWait = 0
		bulk(t, c, http.MethodDelete, 1000, 16)
		assert.Zero(t, v.denied)
	})
}

// TestQuotaIsNotTrustedBlindly: a count that never is right must not stop the work.
func TestQuotaIsNotTrustedBlindly(t *testing.T) {
	for name, header := range map[string]http.Header{
		"always 1, within the hour": {"X-Ratelimit-Remaining": {"1"}, "X-Ratelimit-Reset": {"3600"}},
		"always 0, within the hour": {"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"3600"}},
		"always 0, until now":       {"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"0"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []reply{{status: 200, header: header, after: 20 * time.Millisecond}}}
				took := bulk(t, s.client(t), http.MethodGet, 100, 4)
				assert.LessOrEqual(t, took, 2100*time.Millisecond, fmt.Sprint(took))
			})
		})
	}
}
