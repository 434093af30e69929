package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// perSecond is how many requests a second a vendor with a limit takes.
const perSecond = 100

// A limit says whether a request is one too many.
type limit interface{ takes(now time.Time) bool }

// noLimit takes everything.
type noLimit struct{}

func (noLimit) takes(time.Time) bool { return true }

// A window takes so many in each second of the clock.
type window struct {
	mu    sync.Mutex
	since time.Time
	taken int
}

func (w *window) takes(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if second := now.Truncate(time.Second); !second.Equal(w.since) {
		w.since, w.taken = second, 0
	}
	if w.taken == perSecond {
		return false
	}
	w.taken++
	return true
}

// burst is how many a bucket holds.
const burst = 10

// A bucket takes as many as drip into it.
type bucket struct {
	mu   sync.Mutex
	full float64
	last time.Time
}

func (b *bucket) takes(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.full = min(burst, b.full+now.Sub(b.last).Seconds()*perSecond)
	b.last = now
	if b.full < 1 {
		return false
	}
	b.full--
	return true
}

// deletes is a Losant that deletes anything, 20 ms after it was asked, within a limit.
func deletes(l limit, retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		taken := l.takes(time.Now())
		time.Sleep(20 * time.Millisecond)
		w.Header().Set("Content-Type", "application/json")
		if !taken {
			if retryAfter != "" {
				w.Header().Set("Retry-After", retryAfter)
			}
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = w.Write([]byte(`{"type":"TooManyRequests","message":"too many requests"}`))
			return
		}
		_, _ = w.Write([]byte(`{"success":true}`))
	}
}

// A limited vendor is one that is asked to delete.
type limited struct {
	name, retryAfter string
	limit            func() limit
}

// limits are the vendors that are asked to delete.
func limits() []limited {
	return []limited{
		{"free", "", func() limit { return noLimit{} }},
		{"window", "", func() limit { return &window{} }},
		{"window-after", "1", func() limit { return &window{} }},
		{"bucket", "", func() limit { return &bucket{} }},
		{"bucket-after", "1", func() limit { return &bucket{} }},
	}
}

// deletePairs are 1,000 deletes at 20 ms each, 16 at once. That none is lost is seen
// by the exit status of credctl; curl says nothing of those that it abandons.
func deletePairs(credctl, dir, url string) (pairs []pair, err error) {
	const n = 1000
	var ids strings.Builder
	for i := range n {
		fmt.Fprintf(&ids, "%024d\n", i+1)
	}
	file := filepath.Join(dir, "ids")
	if err := os.WriteFile(file, []byte(ids.String()), 0o600); err != nil {
		return nil, err
	}
	for _, l := range limits() {
		base := fmt.Sprintf("%s/deletes-%s", url, l.name)
		p := pair{
			name:    "1000 deletes, " + l.name,
			a:       []string{"sh", "-c", fmt.Sprintf("exec '%s' losant delete - --yes --force --parallel 16 -o jsonl --base-url '%s' <'%s'", credctl, base, file)},
			against: "curl -Z --retry 5",
			b: []string{
				"curl", "-s", "-Z", "--parallel-max", "16", "--retry", "5", "-X", "DELETE",
				fmt.Sprintf("%s/applications/%s/credentials/[%024d-%024d]", base, application, 1, n),
			},
			must: "<= 11.1 s, >= 90/s", rounds: 5, alone: true,
		}
		if l.name == "free" {
			p.must, p.rounds, p.alone = "<= 1.1", 9, false
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}
