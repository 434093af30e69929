package rest

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
)

// addressed is a vendor that counts the requests of an address in the minute after the
// first one, and then those of each key, and whose answers mix the two counts.
type addressed struct {
	limit    int
	own      map[string]int // of keys that have another one
	overtake bool           // some answers take seconds

	sent    atomic.Int64
	mu      sync.Mutex
	address period
	keys    map[string]*period
	taken   int
	denied  int
}

// period is one in which requests are counted.
type period struct {
	ends time.Time
	used int
}

func (p *period) take() (left time.Duration) {
	if now := time.Now(); !now.Before(p.ends) {
		*p = period{ends: now.Add(time.Minute)}
	}
	p.used++
	return time.Until(p.ends)
}

func (v *addressed) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(10 * time.Millisecond)
	resp := v.answer(r)
	if v.overtake && v.sent.Add(1)%7 == 0 {
		time.Sleep(3 * time.Second)
	}
	time.Sleep(10 * time.Millisecond)
	return resp, nil
}

func (v *addressed) answer(r *http.Request) *http.Response {
	v.mu.Lock()
	defer v.mu.Unlock()
	left := v.address.take()
	reset := strconv.Itoa(int(math.Ceil(left.Seconds())))
	if v.address.used > v.limit {
		v.denied++
		return refused(r, v.limit, reset, reset)
	}
	key := r.Header.Get("X-Api-Key")
	if v.keys[key] == nil {
		v.keys[key] = &period{}
	}
	limit := v.limit
	if own := v.own[key]; own > 0 {
		limit = own
	}
	if left = v.keys[key].take(); v.keys[key].used > limit {
		v.denied++
		return refused(r, limit, time.Now().Add(left).UTC().Format(time.RFC3339Nano), strconv.Itoa(int(math.Ceil(left.Seconds()))))
	}
	v.taken++
	resp := answer(r, http.StatusOK, "{}")
	rates(resp.Header, limit, limit-v.keys[key].used, reset)
	return resp
}

func refused(r *http.Request, limit int, reset, after string) *http.Response {
	resp := answer(r, http.StatusTooManyRequests, "{}")
	rates(resp.Header, limit, 0, reset)
	resp.Header.Set("Retry-After", after)
	return resp
}

func rates(h http.Header, limit, left int, reset string) {
	h.Set("X-Ratelimit-Limit", strconv.Itoa(limit))
	h.Set("X-Ratelimit-Remaining", strconv.Itoa(left))
	h.Set("X-Ratelimit-Reset", reset)
}

// rotate sends what n rotations send, so many at once: what signs makes a key, which
// is tried three times, and deletes another.
func rotate(t *testing.T, v *addressed, pacers *pace.Pacers, n, parallel int) time.Duration {
	t.Helper()
	signer, began := keyed(t, v, pacers, "signer", true), time.Now()
	work := make(chan int, n)
	for i := range n {
		work <- i
	}
	close(work)
	var workers sync.WaitGroup
	for range parallel {
		workers.Go(func() {
			for i := range work {
				send := func(c *Client, method string) {
					_, err := Do[struct{}](t.Context(), c, Request{Method: method, Path: "/x"})
					assert.NoError(t, err)
				}
				send(signer, http.MethodPost)
				for range 3 {
					send(keyed(t, v, pacers, fmt.Sprint("new", i), false), http.MethodGet)
				}
				send(signer, http.MethodDelete)
			}
		})
	}
	workers.Wait()
	return time.Since(began)
}

// keyed is a client whose requests a key signs.
func keyed(t *testing.T, v *addressed, pacers *pace.Pacers, key string, signs bool) *Client {
	t.Helper()
	conn := provider.Conn{HTTP: &http.Client{Transport: v}, BaseURL: "https://vendor.example", MaxWait: 65 * time.Second, Pacers: pacers}
	c, err := New(conn, Dialect{Failure: says, Auth: Header("X-Api-Key", provider.NewSecret(key)), Limit: perAddress(signs)})
	require.NoError(t, err)
	return c
}

// TestOnePacingForAllKeys: the requests that other keys sign count, too.
func TestOnePacingForAllKeys(t *testing.T) {
	for _, x := range []struct {
		name      string
		limit     int            // of the address; zero is 100
		own       map[string]int // of keys
		overtake  bool           // some answers take seconds
		rotations int
		windows   int           // that the run takes
		earlier   int           // requests of another run with the same key
		wait      time.Duration // after that
		learns    bool          // the limit, from the first requests that are refused
	}{
		{name: "what fits is not slowed down", rotations: 20, windows: 1},
		{name: "three windows", rotations: 60, windows: 3},
		{name: "answers that are overtaken", overtake: true, rotations: 60, windows: 4},
		{name: "a server that takes more", limit: 400, rotations: 60, windows: 1},
		{name: "keys that are tried have a smaller limit", own: map[string]int{"new0": 5, "new1": 3, "new2": 4}, rotations: 60, windows: 3},
		{name: "keys that are tried have a larger limit", own: map[string]int{"new0": 5000, "new1": 3000}, rotations: 60, windows: 3},
		{name: "a server that takes less", limit: 50, rotations: 60, windows: 7, learns: true},
		{name: "the key that signs has a larger limit", own: map[string]int{"signer": 5000}, rotations: 60, windows: 3, learns: true},
		{name: "an earlier run of the key", rotations: 60, earlier: 50, windows: 4},
		{name: "at the end of a window", rotations: 60, earlier: 20, wait: 59300 * time.Millisecond, windows: 4},
	} {
		for _, parallel := range []int{1, 8, 32} {
			t.Run(fmt.Sprintf("%s/%d", x.name, parallel), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					v := &addressed{limit: cmp.Or(x.limit, 100), own: x.own, overtake: x.overtake, keys: map[string]*period{}}
					if x.earlier > 0 {
						bulk(t, keyed(t, v, nil, "signer", true), http.MethodGet, x.earlier, 1)
						time.Sleep(x.wait)
					}
					took := rotate(t, v, &pace.Pacers{}, x.rotations, parallel)
					if x.learns {
						assert.LessOrEqual(t, v.denied, parallel, "those that were in flight")
					} else {
						assert.Zero(t, v.denied, "no request is sent in vain")
					}
					assert.Equal(t, 5*x.rotations+x.earlier, v.taken)
					assert.LessOrEqual(t, took, time.Duration(x.windows-1)*61*time.Second+50*time.Second)
				})
			})
		}
	}
}

// TestClientsOfATokenShareItsLimit, also where answers are overtaken; another token is
// not held back.
func TestClientsOfATokenShareItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(20 * time.Second)
		v := &counting{limit: 200, window: time.Minute, header: func(h http.Header, left int, _ time.Time) {
			h.Set("X-Ratelimit-Permitted", "200")
			h.Set("X-Ratelimit-Remaining", strconv.Itoa(left))
			h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
		}}
		var n atomic.Int64
		slow := roundTripper(func(r *http.Request) (*http.Response, error) {
			resp, err := v.RoundTrip(r)
			if n.Add(1)%11 == 0 {
				time.Sleep(2 * time.Second)
			}
			return resp, err
		})
		pacers, began := &pace.Pacers{}, time.Now()
		client := func(token string, over http.RoundTripper) *Client {
			conn := provider.Conn{HTTP: &http.Client{Transport: over}, BaseURL: "https://vendor.example", MaxWait: 65 * time.Second, Pacers: pacers}
			account := provider.NewSecret(token)
			c, err := New(conn, Dialect{Failure: says, Auth: Bearer(account), Account: account, Limit: Limit{Window: time.Minute, Requests: 1000}})
			require.NoError(t, err)
			return c
		}
		var clients sync.WaitGroup
		for range 8 {
			clients.Go(func() { bulk(t, client("one", slow), http.MethodPost, 100, 8) })
		}
		time.Sleep(30 * time.Second)
		other := &counting{limit: 200, window: time.Minute, header: v.header}
		assert.Equal(t, 2*time.Second, bulk(t, client("two", other), http.MethodPost, 100, 1))
		clients.Wait()
		assert.Zero(t, v.denied, "no request is sent in vain")
		assert.LessOrEqual(t, time.Since(began), 175*time.Second)
	})
}
