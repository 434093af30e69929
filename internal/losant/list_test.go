package losant

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// list returns the names that List yields.
func list(t *testing.T, c *credentials, args ...string) (names []string, err error) {
	t.Helper()
	for got, err := range c.List(t.Context(), input(t, provider.List, args...)) {
		if err != nil {
			return names, err
		}
		names = append(names, got.Name)
	}
	return names, nil
}

func page(total int, names ...string) string {
	var items []string
	for _, n := range names {
		typ, id, _ := strings.Cut(n, "/")
		items = append(items, cred(typ, "{}", `name="`+n+`"`, `id="`+fmt.Sprintf("%024s", id)+`"`))
	}
	return fmt.Sprintf(`{"items":[%s],"count":%d,"totalCount":%d,"perPage":100,"page":0}`, strings.Join(items, ","), len(names), total)
}

func TestList(t *testing.T) {
	tests := map[string]struct {
		args  []string
		steps []step
		want  []string
	}{
		"plain": {nil, []step{{request: "GET " + root + "?page=0&perPage=100", answer: page(2, "aws/1", "sql/2")}}, []string{"aws/1", "sql/2"}},
		"none":  {nil, []step{{request: "GET " + root + "?page=0&perPage=100", answer: page(0)}}, nil},
		"sorted": {
			[]string{"--sort=name", "--asc"},
			[]step{{request: "GET " + root + "?page=0&perPage=100&sortDirection=asc&sortField=name", answer: page(1, "aws/1")}},
			[]string{"aws/1"},
		},
		"descending": {
			[]string{"--sort=lastUpdated", "--asc=false"},
			[]step{{request: "GET " + root + "?page=0&perPage=100&sortDirection=desc&sortField=lastUpdated", answer: page(1, "aws/1")}},
			[]string{"aws/1"},
		},
		"by name": {
			[]string{"--filter-name=ci-* &"},
			[]step{{request: "GET " + root + "?filter=ci-%2A+%26&filterField=name&page=0&perPage=100", answer: page(1, "aws/1")}},
			[]string{"aws/1"},
		},
		"by type, of a vendor that finds too much": {
			[]string{"--type=aws"},
			[]step{{request: "GET " + root + "?filter=aws&filterField=type&page=0&perPage=100", answer: page(2, "awsx/1", "aws/2")}},
			[]string{"aws/2"},
		},
		"by both": {
			[]string{"--type=aws", "--filter-name=a*", "--limit=1"},
			[]step{{request: "GET " + root + "?filter=a%2A&filterField=name&page=0&perPage=100", answer: page(900, "sql/1", "aws/2", "aws/3")}},
			[]string{"aws/2"},
		},
		"limited": {
			[]string{"--limit=2"},
			[]step{{request: "GET " + root + "?page=0&perPage=2", answer: page(900, "aws/1", "aws/2")}},
			[]string{"aws/1", "aws/2"},
		},
		"a page that is smaller than was asked for": {
			nil, []step{
				{request: "GET " + root + "?page=0&perPage=100", answer: page(3, "aws/1", "aws/2")},
				{request: "GET " + root + "?page=1&perPage=100", answer: page(3, "aws/3")},
			}, []string{"aws/1", "aws/2", "aws/3"},
		},
		"without a total": {nil, []step{{request: "GET " + root + "?page=0&perPage=100", answer: `{"items":[{"id":"1","name":"n","type":"aws"}]}`}}, []string{"n"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := list(t, serve(t, test.steps...), test.args...)
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestListFaults(t *testing.T) {
	t.Run("a total without items", func(t *testing.T) {
		_, err := list(t, serve(t, step{request: "GET " + root + "?page=0&perPage=100", answer: page(5)}))
		require.ErrorContains(t, err, "fewer credentials than its total")
	})
	t.Run("the second page", func(t *testing.T) {
		got, err := list(t, serve(t,
			step{request: "GET " + root + "?page=0&perPage=100", answer: page(2, "aws/1")},
			step{request: "GET " + root + "?page=1&perPage=100", status: 500, answer: `{}`}))
		require.ErrorIs(t, err, provider.ErrUnavailable)
		assert.Equal(t, []string{"aws/1"}, got)
	})
}

// slow is a vendor with n credentials that takes 20 ms for each page.
type slow struct {
	n       int
	mu      sync.Mutex
	now     int // requests that wait
	most    int
	fetched int
}

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.now++
	s.fetched++
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	time.Sleep(20 * time.Millisecond)
	s.mu.Lock()
	s.now--
	s.mu.Unlock()
	at, _ := strconv.Atoi(r.URL.Query().Get("page"))
	per, _ := strconv.Atoi(r.URL.Query().Get("perPage"))
	var names []string
	for i := at * per; i < min(s.n, (at+1)*per); i++ {
		names = append(names, fmt.Sprintf("aws/%d", i))
	}
	return reply(200, page(s.n, names...)), nil
}

func TestListAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendor := &slow{n: 10_000}
		c := connect(t, vendor)
		start := time.Now()
		got, err := list(t, c)
		require.NoError(t, err)
		require.Len(t, got, 10_000)
		for i, name := range got {
			require.Equal(t, fmt.Sprintf("aws/%d", i), name)
		}
		assert.Equal(t, 8, vendor.most)
		assert.Equal(t, 100, vendor.fetched)
		assert.LessOrEqual(t, time.Since(start), 300*time.Millisecond)
	})
}

func TestListLimitFetchesNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vendor := &slow{n: 10_000}
		got, err := list(t, connect(t, vendor), "--limit=250")
		require.NoError(t, err)
		assert.Len(t, got, 250)
		assert.Equal(t, 3, vendor.fetched)
	})
}

// A sequence may be ranged over again.
func TestListTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seq := connect(t, &slow{n: 3}).List(t.Context(), input(t, provider.List, "--limit=2"))
		for range 2 {
			n := 0
			for _, err := range seq {
				require.NoError(t, err)
				n++
			}
			assert.Equal(t, 2, n)
		}
	})
}

// TestWhatIsOddIsUnknown: a value that is only shown does not spoil a listing.
func TestWhatIsOddIsUnknown(t *testing.T) {
	for _, odd := range []string{`7`, `{"at":1}`, `[1]`, `"soon"`, `null`, `1e400`} {
		items := cred("aws", "{}", `name="a"`, `id="66a0c0de5eed0000000000c1"`)
		items = items[:len(items)-1] + `,"creationDate":` + odd + `,"lastUpdated":` + odd + `,"description":` + odd + `,"enabled":` + odd + `}`
		c := serve(t, step{request: "GET " + root + "?page=0&perPage=100", answer: `{"items":[` + items + `],"totalCount":1}`})
		names, err := list(t, c)
		require.NoError(t, err, odd)
		assert.Equal(t, []string{"a"}, names, odd)
	}
}
