package rest

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// limiter is a vendor that takes requests at a limited rate, 20 ms after they arrive.
type limiter struct {
	mu     sync.Mutex
	take   func(now time.Time) (ok bool, until time.Duration)
	retry  bool // answers Retry-After, in whole seconds
	taken  int
	denied int
}

func (l *limiter) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(10 * time.Millisecond)
	l.mu.Lock()
	ok, until := l.take(time.Now())
	if ok {
		l.taken++
	} else {
		l.denied++
	}
	l.mu.Unlock()
	time.Sleep(10 * time.Millisecond)
	if ok {
		return answer(r, http.StatusOK, "{}"), nil
	}
	resp := answer(r, http.StatusTooManyRequests, "")
	if l.retry {
		resp.Header.Set("Retry-After", strconv.Itoa(int(math.Ceil(until.Seconds()))))
	}
	return resp, nil
}

func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}
}

// fixedWindow takes n requests in each second of the clock; others have sent used
// of the first.
func fixedWindow(n, used int) func(time.Time) (bool, time.Duration) {
	window := time.Now().Truncate(time.Second)
	count := used
	return func(now time.Time) (bool, time.Duration) {
		if w := now.Truncate(time.Second); !w.Equal(window) {
			window, count = w, 0
		}
		count++
		return count <= n, window.Add(time.Second).Sub(now)
	}
}

// tokenBucket takes n requests a second, and burst at once.
func tokenBucket(n, burst float64) func(time.Time) (bool, time.Duration) {
	tokens, last := burst, time.Now()
	return func(now time.Time) (bool, time.Duration) {
		tokens = min(burst, tokens+n*now.Sub(last).Seconds())
		last = now
		if tokens < 1 {
			return false, time.Duration((1 - tokens) / n * float64(time.Second))
		}
		tokens--
		return true, 0
	}
}

// TestBulkUnderALimit holds 16 workers against vendors that say nothing of their
// limit. What is refused last of all waits as long as the vendor asks for, and
// the whole run with it.
func TestBulkUnderALimit(t *testing.T) {
	t.Parallel()
	limits := map[string]func() func(time.Time) (bool, time.Duration){
		"window": func() func(time.Time) (bool, time.Duration) { return fixedWindow(100, 0) },
		"bucket": func() func(time.Time) (bool, time.Duration) { return tokenBucket(100, 10) },
	}
	for name, limit := range limits {
		for _, retry := range []bool{true, false} {
			for n, runs := range map[int]int{1000: 12, 8000: 1} {
				t.Run(fmt.Sprintf("%s/retry-after=%t/%d", name, retry, n), func(t *testing.T) {
					t.Parallel()
					var took, slowest time.Duration
					for i := range runs {
						method := []string{http.MethodDelete, http.MethodPost}[i%2]
						synctest.Test(t, func(t *testing.T) {
							time.Sleep(time.Duration(i) * time.Second / 12) // windows do not begin with the run
							l := &limiter{take: limit(), retry: retry}
							run := bulk(t, newClient(t, l), method, n, 16)
							took, slowest = took+run, max(slowest, run)
							assert.Equal(t, n, l.taken, "nothing is lost, and nothing done twice")
							assert.Less(t, float64(l.denied), 0.08*float64(n))
						})
					}
					rate, worst := float64(n*runs)/took.Seconds(), float64(n)/slowest.Seconds()
					t.Logf("%.1f requests/s, in the slowest run %.1f", rate, worst)
					assert.GreaterOrEqual(t, rate, 95.0)
					assert.GreaterOrEqual(t, worst, 90.0)
				})
			}
		}
	}
}

// TestBulkAfterOthers: what little the vendor takes of the first requests, because
// others have just asked too, says nothing of the rest of the run.
func TestBulkAfterOthers(t *testing.T) {
	t.Parallel()
	const n, runs = 1000, 10
	for _, used := range []int{20, 50, 95, 100} {
		for _, retry := range []bool{true, false} {
			t.Run(fmt.Sprintf("used=%d/retry-after=%t", used, retry), func(t *testing.T) {
				t.Parallel()
				var took time.Duration
				for i := range runs {
					synctest.Test(t, func(t *testing.T) {
						time.Sleep(time.Duration(i) * time.Second / runs)
						l := &limiter{take: fixedWindow(100, used), retry: retry}
						took += bulk(t, newClient(t, l), http.MethodDelete, n, 16)
						assert.Equal(t, n, l.taken, "nothing is lost, and nothing done twice")
					})
				}
				rate := float64(n*runs) / took.Seconds()
				t.Logf("%.1f requests/s", rate)
				assert.GreaterOrEqual(t, rate, 88.0, "of the 100 a second, a window is already used")
			})
		}
	}
}

// TestRefusedAtOnce: who comes when others have used up what the vendor takes does
// not crawl for the rest of the run.
func TestRefusedAtOnce(t *testing.T) {
	for _, refusals := range []int{1, 3} {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			l := &limiter{retry: true, take: func(time.Time) (bool, time.Duration) {
				n++
				return n > refusals, time.Second
			}}
			took := bulk(t, newClient(t, l), http.MethodGet, 100, 1)
			assert.Less(t, took, 12*time.Second, "of which the requests are two")
		})
	}
}

// TestClosedForLong: what a vendor refuses for longer than may be waited is not asked
// for again and again, once for each of the others.
func TestClosedForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &limiter{retry: true, take: func(time.Time) (bool, time.Duration) { return false, time.Hour }}
		c, start := newClient(t, l), time.Now()
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for range 10 {
					_, err := Do[struct{}](t.Context(), c, Request{Method: http.MethodDelete, Path: "/x"})
					assert.ErrorIs(t, err, provider.ErrRateLimited)
				}
			})
		}
		wg.Wait()
		assert.LessOrEqual(t, l.denied, 16, "those that were under way")
		assert.Less(t, time.Since(start), time.Second)
	})
}

// TestClosedForWhatIssues: what cleans up need not be limited with it.
func TestClosedForWhatIssues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deleted := 0
		c := newClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodDelete {
				deleted++
				return answer(r, http.StatusOK, "{}"), nil
			}
			resp := answer(r, http.StatusTooManyRequests, "")
			resp.Header.Set("Retry-After", "3600")
			return resp, nil
		}))
		start := time.Now()
		for range 10 {
			_, err := Do[struct{}](t.Context(), c, Request{Method: http.MethodPost, Path: "/x"})
			require.ErrorIs(t, err, provider.ErrRateLimited)
			_, err = Do[struct{}](t.Context(), c, Request{Method: http.MethodDelete, Path: "/x"})
			require.NoError(t, err)
		}
		assert.Equal(t, 10, deleted)
		assert.Less(t, time.Since(start), time.Minute)
	})
}

func newClient(t *testing.T, rt http.RoundTripper, change ...func(*Dialect)) *Client {
	t.Helper()
	d := Dialect{Failure: says}
	for _, c := range change {
		c(&d)
	}
	c, err := New(provider.Conn{HTTP: &http.Client{Transport: rt}, BaseURL: "https://vendor.example", MaxWait: time.Minute}, d)
	require.NoError(t, err)
	return c
}

// bulk sends n requests with so many workers, and returns how long that takes.
func bulk(t *testing.T, c *Client, method string, n, workers int) time.Duration {
	t.Helper()
	start := time.Now()
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				_, err := Do[struct{}](context.Background(), c, Request{Method: method, Path: "/x"})
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

func says(int, []byte) Failure { return Failure{} }

// TestNoLimitNoWait: a run that the vendor does not limit is not paced.
func TestNoLimitNoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &limiter{take: func(time.Time) (bool, time.Duration) { return true, 0 }}
		took := bulk(t, newClient(t, l), http.MethodPost, 1600, 16)
		assert.Equal(t, 2*time.Second, took, "100 times 20 ms")
	})
}

// TestNoBurstAfterAPause: those that were refused together do not come back together.
func TestNoBurstAfterAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var at []time.Time
		start := time.Now()
		c := newClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			if time.Since(start) < time.Second {
				resp := answer(r, http.StatusTooManyRequests, "")
				resp.Header.Set("Retry-After", "2")
				return resp, nil
			}
			at = append(at, time.Now())
			return answer(r, http.StatusOK, "{}"), nil
		}))
		bulk(t, c, http.MethodPost, 16, 16)
		require.Len(t, at, 16)
		for i := range at[1:] {
			assert.Greater(t, at[i+1].Sub(at[i]), 100*time.Microsecond, i)
		}
	})
}

// TestPacedRequestIsCanceled: who waits for its turn was not sent.
func TestPacedRequestIsCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []reply{{status: 200, header: http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"50"}}}}}
		c := s.client(t, func(c *provider.Conn, _ *Dialect) { c.MaxWait = time.Minute })
		_, err := Do[struct{}](t.Context(), c, Request{Method: http.MethodPost, Path: "/x"})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				_, err := Do[struct{}](ctx, c, Request{Method: http.MethodPost, Path: "/x"})
				assert.ErrorIs(t, err, context.DeadlineExceeded) //nolint:testifylint // require must not be called in a goroutine
				assert.NotErrorIs(t, err, provider.ErrUnknown)   //nolint:testifylint // nor here
				assert.ErrorContains(t, err, "not sent")
			})
		}
		wg.Wait()
		assert.Len(t, s.sent, 1)
		time.Sleep(time.Minute)
		_, err = Do[struct{}](t.Context(), c, Request{Method: http.MethodPost, Path: "/x"})
		require.NoError(t, err)
	})
}

// Where what remains is of one count and when more comes of another, only a refusal
// holds a request back, for as long as it says.
func TestMixedCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spent := http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"60"}}
		s := &script{answers: []reply{{status: 200, body: "{}", header: spent}, {status: 200, body: "{}", header: spent}, {status: 429, header: after("3")}, {status: 200, body: "{}"}}}
		c := s.client(t, func(_ *provider.Conn, d *Dialect) { d.Limit = perAddress(true) })
		start := time.Now()
		for range 2 {
			_, err := Do[struct{}](t.Context(), c, Request{Method: http.MethodGet, Path: "/x"})
			require.NoError(t, err)
		}
		assert.Less(t, time.Since(start), time.Second)
		_, err := Do[struct{}](t.Context(), c, Request{Method: http.MethodGet, Path: "/x"})
		require.NoError(t, err)
		assert.InDelta(t, 3, time.Since(start).Seconds(), 1)
	})
}

// perAddress is the limit of a vendor that counts the requests of an address, and those
// of each key.
func perAddress(signs bool) Limit {
	return Limit{Window: time.Minute, Requests: 100, Signs: signs, RefusesKey: func(h http.Header) bool {
		return strings.Contains(h.Get("X-Ratelimit-Reset"), "T")
	}}
}
