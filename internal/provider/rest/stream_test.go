package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

var list = Request{Method: http.MethodGet, Path: "/x", Query: map[string][]string{"q": {leak}}}

// TestItemsPassOnAsTheyArrive: the vendor sends the second item only when the
// first is with the consumer.
func TestItemsPassOnAsTheyArrive(t *testing.T) {
	for name, frame := range map[string][3]string{"array": {"[", ",", "]"}, "member": {`{"total":3,"items":[`, ",", `],"more":false}`}} {
		t.Run(name, func(t *testing.T) {
			taken := make(chan bool)
			c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, frame[0])
				for i := range 3 {
					if i > 0 {
						_, _ = io.WriteString(w, frame[1])
					}
					_, _ = fmt.Fprintf(w, `{"id":"k%d"}`, i)
					_ = http.NewResponseController(w).Flush()
					select {
					case <-taken:
					case <-time.After(10 * time.Second):
						t.Error("the item was not passed on")
						return
					}
				}
				_, _ = io.WriteString(w, frame[2])
			})
			items := ""
			if name == "member" {
				items = "items"
			}
			var got []string
			require.NoError(t, Stream(t.Context(), c, list, items, nil, func(x thing) bool {
				got = append(got, x.ID)
				taken <- true
				return true
			}))
			assert.Equal(t, []string{"k0", "k1", "k2"}, got)
		})
	}
}

func TestStreamReadsWhatStandsBeside(t *testing.T) {
	for _, body := range []string{
		`{"total":7,"items":[{"id":"a"},{"id":"b"}],"next":"n"}`,
		`{"items":[{"id":"a"},{"id":"b"}],"unknown":{"items":[1]},"next":"n","total":7}`,
		` {"next":"n","total":7,"total":7,"items":[{"id":"a"} , {"id":"b"}] } `,
	} {
		var others struct {
			Total int    `json:"total"`
			Next  string `json:"next"`
		}
		var got []string
		s := &script{answers: []reply{{status: 200, body: body}}}
		require.NoError(t, Stream(t.Context(), s.client(t), list, "items", &others, func(x thing) bool {
			got = append(got, x.ID)
			return true
		}))
		assert.Equal(t, []string{"a", "b"}, got)
		assert.Equal(t, 7, others.Total)
		assert.Equal(t, "n", others.Next)
	}
}

// TestWhatIsNoListing: it must not look like one without items.
func TestWhatIsNoListing(t *testing.T) {
	for _, x := range []struct{ items, body string }{
		{"items", `{}`},
		{"items", `{"message":"` + leak + `"}`},
		{"items", `{"items":"` + leak + `"}`},
		{"items", `{"items":7}`},
		{"items", `{"items":true}`},
		{"items", `[]`},
		{"items", `"` + leak + `"`},
		{"items", ``},
		{"items", `{"items":[{"id":"a"}`},
		{"items", `{"items":[{"id":"a"}]`},
		{"items", `{"items":[]}{}`},
		{"items", `{"items":[]} ` + leak},
		{"items", `{"` + leak + `":[`},
		{"items", `<html>` + leak},
		{"items", `{"items":[{"id":["` + leak + `"]}]}`},
		{"", `{}`},
		{"", `null`},
		{"", ``},
		{"", `[{"id":"a"}`},
		{"", `[{"id":"a"},`},
		{"", `[{"id":"a"}]x`},
		{"", `["` + leak + `"]`},
		{"", strings.Repeat("[", 100_000)},
		{"", `[{"id":"` + leak + "\xff\"}]"},
		{"", `[{"deep":` + strings.Repeat("[", 100_000)},
	} {
		t.Run(fmt.Sprintf("%.20s/%.30s", x.items, x.body), func(t *testing.T) {
			s := &script{answers: []reply{{status: 200, body: x.body}}}
			err := Stream(t.Context(), s.client(t), list, x.items, nil, func(thing) bool { return true })
			require.ErrorContains(t, err, "GET /x: 200, but the answer (application/json)")
			assert.NotContains(t, err.Error(), leak)
			assert.Len(t, s.sent, 1)
			assert.Equal(t, strings.HasSuffix(err.Error(), "ends in the middle"), errors.Is(err, provider.ErrUnavailable), "another time it may be whole")
		})
	}
	for _, body := range []string{`{"items":null}`, `{"items":{"a":1}}`, `{"items":[]}`} { // the caller knows what that means
		s := &script{answers: []reply{{status: 200, body: body}}}
		require.NoError(t, Stream(t.Context(), s.client(t), list, "items", nil, func(thing) bool { return true }), body)
	}
}

// TestHalfAListing: what is passed on already is not asked for again; what is not, is.
func TestHalfAListing(t *testing.T) {
	for name, end := range map[string]io.Reader{"broken": broken{}, "closed": iotest.ErrReader(io.ErrUnexpectedEOF)} {
		t.Run(name, func(t *testing.T) {
			half := func(body string) roundTripper {
				first := true
				return func(r *http.Request) (*http.Response, error) {
					resp := answer(r, 200, `[{"id":"a"},{"id":"b"}]`)
					if first {
						first = false
						resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(body), end))
					}
					return resp, nil
				}
			}
			got := 0
			err := Stream(t.Context(), newClient(t, half(`[{"id":"a"},`)), list, "", nil, func(thing) bool { got++; return true })
			require.ErrorIs(t, err, provider.ErrUnavailable)
			require.ErrorContains(t, err, "no answer")
			assert.NotContains(t, err.Error(), leak)
			assert.Equal(t, 1, got)

			got = 0
			require.NoError(t, Stream(t.Context(), newClient(t, half(`[{"id":`)), list, "", nil, func(thing) bool { got++; return true }))
			assert.Equal(t, 2, got)

			all, err := fetch[thing](t.Context(), newClient(t, half(`[{"id":"a"},`)), list, "", nil, nil, 10)
			require.NoError(t, err, "nothing was passed on")
			assert.Len(t, all, 2)
		})
	}
}

func TestConsumerStops(t *testing.T) {
	before := runtime.NumGoroutine()
	gone := make(chan bool)
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `[{"id":"a"},{"id":"b"},`)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(gone)
	})
	got := 0
	require.NoError(t, Stream(t.Context(), c, list, "", nil, func(thing) bool { got++; return false }))
	assert.Equal(t, 1, got)
	<-gone
	c.conn.HTTP.CloseIdleConnections()
	settles(t, before+3) // those of the server
}

func TestStreamCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `[{"id":"a"},`)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	err := Stream(ctx, c, list, "", nil, func(thing) bool { cancel(); return true })
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, provider.ErrUnknown)
}

// settles waits until no more than most goroutines are left.
func settles(t *testing.T, most int) {
	t.Helper()
	assert.Eventually(t, func() bool { return runtime.NumGoroutine() <= most }, 5*time.Second, 5*time.Millisecond, "goroutines are left")
}

// TestMemoryIsConstant: however long a listing is.
func TestMemoryIsConstant(t *testing.T) {
	was := debug.SetGCPercent(100) // as the program has it; `make test` collects less
	t.Cleanup(func() { debug.SetGCPercent(was) })
	const n = 25_000 // some 10 MiB
	var chunk bytes.Buffer
	for i := range 100 {
		chunk.WriteByte(',')
		chunk.Write(bytes.Trim(rows(i, i+1), "[]"))
	}
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "["+string(chunk.Bytes()[1:]))
		for range n/100 - 1 {
			_, _ = w.Write(chunk.Bytes())
		}
		_, _ = io.WriteString(w, "]")
	})
	var start, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&start)
	most, got := uint64(0), 0
	require.NoError(t, Stream(t.Context(), c, list, "", nil, func(row) bool {
		if got++; got%1250 == 0 {
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapInuse)
		}
		return true
	}))
	assert.Equal(t, n, got)
	assert.Less(t, int64(most)-int64(start.HeapInuse), int64(5<<20))
}

func FuzzStream(f *testing.F) {
	for _, s := range []string{`[]`, `[{"id":"a"}]`, `{"items":[{"id":"a","n":1}],"total":2}`, `{"items":null}`, `[[[[`, "\xff", `{"items":[{"id":1}]}`, `{"a":{},"items":[],"items":[]}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, items := range []string{"", "items"} {
			s := &script{answers: []reply{{status: 200, body: body}}}
			var others counted
			n := 0
			err := Stream(t.Context(), s.client(t), list, items, &others, func(thing) bool { n++; return true })
			if err == nil {
				continue
			}
			require.NotErrorIs(t, err, provider.ErrUnknown)
			said := err.Error()
			assert.Less(t, len(said), 300)
			for _, part := range []string{"\n", "\x1b"} {
				assert.NotContains(t, said, part)
			}
			again := Stream(t.Context(), s.client(t), list, items, &others, func(thing) bool { return true })
			assert.Equal(t, said, again.Error())
			var pe *provider.Error
			require.NotErrorAs(t, err, &pe)
		}
	})
}
