package rest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// changing is a vendor in memory whose items change between two requests.
type changing struct {
	mu     sync.Mutex
	ids    []string
	change map[int]func([]string) []string // after so many requests
	totals bool
	asked  int
}

func (v *changing) RoundTrip(r *http.Request) (*http.Response, error) {
	const size = 2
	v.mu.Lock()
	defer v.mu.Unlock()
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	var items []string
	for i := (page - 1) * size; i < min(page*size, len(v.ids)); i++ {
		items = append(items, fmt.Sprintf(`{"id":%q}`, v.ids[i]))
	}
	body := fmt.Sprintf(`{"total":%d,"items":[%s]}`, len(v.ids), strings.Join(items, ","))
	v.asked++
	if f := v.change[v.asked]; f != nil {
		v.ids = f(v.ids)
	}
	if f := v.change[0]; f != nil { // each time
		v.ids = f(v.ids)
	}
	return answer(r, 200, body), nil
}

func (v *changing) list(t *testing.T) (ids []string, err error) {
	t.Helper()
	p := Paging[thing, besides]{
		First: 1, Items: "items",
		Request: func(page int) Request {
			return Request{Method: http.MethodGet, Path: "/x", Query: map[string][]string{"page": {strconv.Itoa(page)}}}
		},
		ID: func(x thing) string { return x.ID },
		More: func(_, count int, b besides) (int, bool, bool, error) {
			return (*b.Total + 1) / 2, v.totals, count == 2, nil
		},
	}
	if v.totals {
		p.Total = func(b besides) (int, bool) { return *b.Total, true }
	}
	return collect(Pages(t.Context(), newClient(t, v), p))
}

func without(id string) func([]string) []string {
	return func(ids []string) []string {
		return slices.DeleteFunc(slices.Clone(ids), func(s string) bool { return s == id })
	}
}

func first(id string) func([]string) []string {
	return func(ids []string) []string { return append([]string{id}, ids...) }
}

// TestAListThatShiftsIsReadAgain: an item that moves from one page to another while
// they are read is neither left out nor passed on twice.
func TestAListThatShiftsIsReadAgain(t *testing.T) {
	for name, c := range map[string]struct {
		totals bool
		change map[int]func([]string) []string
		want   string
	}{
		"deleted before the second page":  {true, map[int]func([]string) []string{1: without("a")}, "a b c d e f"},
		"deleted before the last page":    {true, map[int]func([]string) []string{2: without("a")}, "a b c d e f"},
		"deleted in the second pass, too": {true, map[int]func([]string) []string{1: without("a"), 4: without("b")}, "a b c d e f"},
		"added in front":                  {true, map[int]func([]string) []string{1: first("new")}, "a b new c d e f"},
		"added in front, without totals":  {false, map[int]func([]string) []string{1: first("new")}, "a b new c d e f"},
		"the last one deleted":            {true, map[int]func([]string) []string{1: without("f")}, "a b c d e"},
		"nothing changes":                 {true, nil, "a b c d e f"},
	} {
		t.Run(name, func(t *testing.T) {
			v := &changing{ids: strings.Fields("a b c d e f"), totals: c.totals, change: c.change}
			got, err := v.list(t)
			require.NoError(t, err)
			assert.ElementsMatch(t, strings.Fields(c.want), got)
			if c.change == nil {
				assert.Equal(t, 3, v.asked)
			}
		})
	}
}

func TestAListThatNeverRests(t *testing.T) {
	n := 0
	v := &changing{ids: strings.Fields("a b c d e f"), totals: true, change: map[int]func([]string) []string{0: func(ids []string) []string {
		n++
		return append([]string{"new" + strconv.Itoa(n)}, ids...)
	}}}
	_, err := v.list(t)
	require.ErrorIs(t, err, provider.ErrUnavailable)
	require.ErrorContains(t, err, "changed each time")
	assert.LessOrEqual(t, v.asked, 4*9)
}

func TestAnItemWithoutAnIDIsAnError(t *testing.T) {
	for _, ids := range []string{"a b  d", " b", "a b c "} {
		v := &changing{ids: strings.Split(ids, " "), totals: true}
		got, err := v.list(t)
		require.ErrorContains(t, err, "an item of the listing has no ID", ids)
		assert.NotContains(t, got, "")
	}
}
