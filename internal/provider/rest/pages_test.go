package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
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

// paged is a vendor in memory that has n items, size on a page.
type paged struct {
	n, size int
	delay   func(page int) time.Duration
	answer  func(page int) *reply // nil: what is right

	mu    sync.Mutex
	asked []int
	under atomic.Int32
	most  atomic.Int32
}

func (v *paged) RoundTrip(r *http.Request) (*http.Response, error) {
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	v.mu.Lock()
	v.asked = append(v.asked, page)
	v.mu.Unlock()
	v.most.Store(max(v.most.Load(), v.under.Add(1)))
	defer v.under.Add(-1)
	if v.delay != nil {
		select {
		case <-time.After(v.delay(page)):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if v.answer != nil {
		if a := v.answer(page); a != nil {
			return answer(r, a.status, a.body), nil
		}
	}
	return answer(r, 200, v.body(page)), nil
}

func (v *paged) body(page int) string {
	var items []string
	for i := (page - 1) * v.size; i < min(page*v.size, v.n); i++ {
		items = append(items, fmt.Sprintf(`{"id":"k%d"}`, i))
	}
	return fmt.Sprintf(`{"total":%d,"items":[%s],"page":%d}`, v.n, strings.Join(items, ","), page)
}

type besides struct {
	Total *int `json:"total"`
	Page  int  `json:"page"`
}

// list returns the listing of v, which says how many pages there are, or does not.
func (v *paged) list(ctx context.Context, t *testing.T, known bool) func(func(thing, error) bool) {
	t.Helper()
	return Pages(ctx, newClient(t, v), Paging[thing, besides]{
		First: 1, Items: "items",
		Request: func(page int) Request {
			return Request{Method: http.MethodGet, Path: "/x", Query: map[string][]string{"page": {strconv.Itoa(page)}}}
		},
		ID: func(x thing) string { return x.ID },
		More: func(page, count int, b besides) (int, bool, bool, error) {
			if b.Page != page {
				return 0, false, false, errors.New("another page")
			}
			return (*b.Total + v.size - 1) / v.size, known, count == v.size, nil
		},
	})
}

func collect(seq func(func(thing, error) bool)) (ids []string, err error) {
	for x, err := range seq {
		if err != nil {
			return ids, err
		}
		ids = append(ids, x.ID)
	}
	return ids, nil
}

func TestPagesKeepTheirOrder(t *testing.T) {
	for _, known := range []bool{true, false} {
		for _, n := range []int{0, 1, 9, 10, 11, 20, 25, 300} {
			t.Run(fmt.Sprintf("%d/known=%t", n, known), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					v := &paged{n: n, size: 10, delay: func(page int) time.Duration { return time.Duration(page*7919%50) * time.Millisecond }}
					seq := v.list(t.Context(), t, known)
					for range 2 { // it may be ranged over more than once
						v.asked = nil
						ids, err := collect(seq)
						require.NoError(t, err)
						assert.Len(t, ids, n)
						for i, id := range ids {
							assert.Equal(t, "k"+strconv.Itoa(i), id)
						}
						slices.Sort(v.asked)
						assert.Equal(t, v.asked, slices.Compact(slices.Clone(v.asked)), "no page is asked for twice")
					}
					assert.LessOrEqual(t, v.most.Load(), int32(ahead))
				})
			})
		}
	}
}

// TestPagesAreFetchedAhead: 100 pages at 20 ms take a first one and 99 of them, so many at once.
func TestPagesAreFetchedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &paged{n: 1000, size: 10, delay: func(int) time.Duration { return 20 * time.Millisecond }}
		start := time.Now()
		_, err := collect(v.list(t.Context(), t, true))
		require.NoError(t, err)
		ideal := 20 * time.Millisecond * (1 + (99+ahead-1)/ahead)
		assert.LessOrEqual(t, time.Since(start), ideal*115/100)
		assert.EqualValues(t, ahead, v.most.Load())
	})
}

// TestPartOfAList: F22.
func TestPartOfAList(t *testing.T) {
	for name, x := range map[string]struct {
		page  int
		reply reply
		says  string
	}{
		"first page fails":      {1, reply{status: 500}, "500"},
		"second page fails":     {2, reply{status: 500}, "500"},
		"last page fails":       {3, reply{status: 404}, "404"},
		"second page is HTML":   {2, reply{status: 200, body: "<p>"}, "is not the JSON"},
		"second page has none":  {2, reply{status: 200, body: `{"page":2,"total":25}`}, "has no listing"},
		"second page is third":  {2, reply{status: 200, body: `{"page":3,"total":25,"items":[]}`}, "another page"},
		"second page is first":  {2, reply{status: 200, body: `{"page":2,"total":25,"items":[{"id":"k0"}]}`}, "returns the same page"},
		"second page is cut":    {2, reply{status: 200, body: `{"page":2,"total":25,"items":[{"id":"k10"}`}, "in the middle"},
		"second page is denied": {2, reply{status: 403}, "403"},
	} {
		for _, known := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/known=%t", name, known), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					v := &paged{n: 25, size: 10, answer: func(page int) *reply {
						if page == x.page {
							return &x.reply
						}
						return nil
					}}
					ids, err := collect(v.list(t.Context(), t, known))
					require.ErrorContains(t, err, x.says)
					assert.LessOrEqual(t, len(ids), 20)
				})
			})
		}
	}
}

// TestPagesThatNeverEnd: a vendor that ignores the number of the page.
func TestPagesThatNeverEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &paged{n: 1 << 30, size: 1}
		v.answer = func(page int) *reply {
			return &reply{status: 200, body: fmt.Sprintf(`{"page":%d,"total":9,"items":[{"id":"a"}]}`, page)}
		}
		ids, err := collect(v.list(t.Context(), t, false))
		require.ErrorContains(t, err, "returns the same page")
		assert.Equal(t, []string{"a"}, ids)
	})
}

// TestPageIsAskedForAgain: what was fetched ahead is with nobody yet.
func TestPageIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &paged{n: 50, size: 10}
		failed := map[int]bool{}
		v.answer = func(page int) *reply {
			v.mu.Lock()
			defer v.mu.Unlock()
			if failed[page] {
				return nil
			}
			failed[page] = true
			return &reply{status: 503}
		}
		ids, err := collect(v.list(t.Context(), t, true))
		require.NoError(t, err)
		assert.Len(t, ids, 50)
	})
}

// TestPagesStop: what is under way ends with the consumer, or the context.
func TestPagesStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails when a goroutine is left
		v := &paged{n: 1000, size: 10, delay: func(page int) time.Duration {
			if page > 2 {
				return time.Hour
			}
			return time.Millisecond
		}}
		start, got := time.Now(), 0
		for _, err := range v.list(t.Context(), t, true) {
			require.NoError(t, err)
			if got++; got == 15 {
				break
			}
		}
		assert.Less(t, time.Since(start), time.Second)
		assert.Zero(t, v.under.Load(), "nothing is under way any more")

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := collect(v.list(ctx, t, true))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Zero(t, v.under.Load())
	})
}

func TestMap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := &paged{n: 25, size: 10}
		name := func(x thing) provider.Credential { return provider.Credential{ID: x.ID} }
		n := 0
		for c, err := range Map(v.list(t.Context(), t, true), name) {
			require.NoError(t, err)
			assert.Equal(t, "k"+strconv.Itoa(n), c.ID)
			if n++; n == 12 {
				break
			}
		}
		v.answer = func(int) *reply { return &reply{status: 403} }
		for c, err := range Map(v.list(t.Context(), t, true), name) {
			require.ErrorIs(t, err, provider.ErrDenied)
			assert.Zero(t, c)
		}
	})
}

// TestPagesOverConnections leaves nothing behind either.
func TestPagesOverConnections(t *testing.T) {
	v := &paged{n: 10_000, size: 100}
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		_, _ = io.WriteString(w, v.body(page+1))
	})
	n := 0
	p := numbered(10_000, 100)
	for _, err := range Pages(t.Context(), c, p) {
		require.NoError(t, err)
		if n++; n == 5000 {
			break
		}
	}
	assert.Equal(t, 5000, n)
}

// A vendor that tells the number of pages only later is read to its end anyway.
func TestPagesWhoseNumberIsToldLate(t *testing.T) {
	v := &paged{n: 45, size: 10}
	ids, err := collect(Pages(t.Context(), newClient(t, v), Paging[thing, besides]{
		First: 1, Items: "items",
		Request: func(page int) Request {
			return Request{Method: http.MethodGet, Path: "/x", Query: map[string][]string{"page": {strconv.Itoa(page)}}}
		},
		ID: func(x thing) string { return x.ID },
		More: func(page, _ int, _ besides) (last int, known, more bool, err error) {
			return 5, page > 1, page == 1, nil
		},
	}))
	require.NoError(t, err)
	assert.Len(t, ids, 45)
}
