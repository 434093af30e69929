package rest

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

type thing struct {
	ID     string          `json:"id"`
	N      int             `json:"n"`
	Secret provider.Secret `json:"secret"`
	Deep   any             `json:"deep"`
}

// unreadable answers, all of which hold what must not be quoted.
var malformed = map[string]struct{ kind, body, says string }{
	"HTML":           {"text/html; charset=utf-8", "<!doctype html><p>" + leak, "(text/html) is not the JSON"},
	"text":           {"text/plain", leak, "(text/plain) is not the JSON"},
	"no content":     {"", leak, "(unknown content)"},
	"truncated":      {"application/json", `{"id":"` + leak, "is not the JSON"},
	"two values":     {"application/json", `{"id":"` + leak + `"}{}`, "is not the JSON"},
	"wrong type":     {"application/json", `{"id":["` + leak + `"]}`, "is not the JSON that was expected at /id"},
	"wrong number":   {"application/json", `{"n":"` + leak + `"}`, "at /n"},
	"an array":       {"application/json", `["` + leak + `"]`, "is not the JSON"},
	"invalid UTF-8":  {"application/json", `{"id":"` + leak + "\xff\"}", "is not the JSON"},
	"deep":           {"application/json", `{"id":"` + leak + `","deep":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}", "is not the JSON"},
	"a lone secret":  {"application/json", `{"secret":{"` + leak + `":1}}`, "is not the JSON"},
	"control":        {"application/json", "{\"id\":\"\x1b[31m" + leak + "\"}", "is not the JSON"},
	"strange header": {"application/json; x=\"" + leak, `{`, "(unknown content)"},
}

func TestMalformedAnswers(t *testing.T) {
	for name, x := range malformed {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run(name+"/"+method, func(t *testing.T) {
				s := &script{answers: []reply{{status: 200, body: x.body, header: http.Header{"Content-Type": {x.kind}}}}}
				_, err := Do[thing](t.Context(), s.client(t), Request{Method: method, Path: "/x", Query: map[string][]string{"q": {leak}}})
				require.ErrorContains(t, err, x.says)
				require.ErrorContains(t, err, method+" /x: 200")
				assert.NotContains(t, err.Error(), leak)
				assert.Len(t, s.sent, 1, "it would only come again")
				assert.Equal(t, method == http.MethodPost, errors.Is(err, provider.ErrUnknown))
			})
		}
	}
}

// TestIssuedIsKept: what may be the only copy of a secret is not dropped.
func TestIssuedIsKept(t *testing.T) {
	for name, x := range malformed {
		t.Run(name, func(t *testing.T) {
			var kept []byte
			s := &script{answers: []reply{{status: 201, body: x.body, header: http.Header{"Content-Type": {x.kind}}}}}
			c := s.client(t, func(c *provider.Conn, _ *Dialect) {
				c.Save = func(op string, body []byte) (string, error) {
					assert.Equal(t, "POST /x", op)
					kept = body
					return "/recovery/1.json", nil
				}
			})
			_, err := Do[thing](t.Context(), c, Request{Method: http.MethodPost, Path: "/x", ReturnsSecret: true})
			require.ErrorIs(t, err, provider.ErrUnknown)
			assert.Contains(t, provider.HintOf(err), "/recovery/1.json")
			assert.Equal(t, x.body, string(kept))
			assert.NotContains(t, err.Error()+provider.HintOf(err), leak)
		})
	}
	t.Run("it cannot be saved", func(t *testing.T) {
		s := &script{answers: []reply{{status: 201, body: leak}}}
		_, err := Do[thing](t.Context(), s.client(t, func(c *provider.Conn, _ *Dialect) {
			c.Save = func(string, []byte) (string, error) { return "", errors.New("disk full") }
		}), Request{Method: http.MethodPost, Path: "/x", ReturnsSecret: true})
		require.ErrorIs(t, err, provider.ErrUnknown)
		require.ErrorContains(t, err, "disk full")
		assert.NotContains(t, err.Error(), leak)
	})
	t.Run("cut in the middle", func(t *testing.T) {
		var kept string
		rt := roundTripper(func(r *http.Request) (*http.Response, error) {
			resp := answer(r, 201, "")
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"secret":"`+leak), broken{}))
			return resp, nil
		})
		c := newClient(t, rt)
		c.conn.Save = func(_ string, body []byte) (string, error) { kept = string(body); return "/r", nil }
		_, err := Do[thing](t.Context(), c, Request{Method: http.MethodPost, Path: "/x", ReturnsSecret: true})
		require.ErrorIs(t, err, provider.ErrUnknown)
		assert.Equal(t, leak, strings.TrimPrefix(kept, `{"secret":"`), "the half of it is better than nothing")
		assert.NotContains(t, err.Error(), leak)
	})
}

func TestAnswersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var read int64
		c := newClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
			resp := answer(r, 200, "")
			resp.Body = io.NopCloser(&endless{&read})
			return resp, nil
		}))
		_, err := Do[thing](t.Context(), c, Request{Method: http.MethodGet, Path: "/x"})
		require.ErrorContains(t, err, "is longer than 8 MiB")
		assert.Less(t, read, int64(9<<20))

		read = 0
		err = Stream(t.Context(), c, Request{Method: http.MethodGet, Path: "/x"}, "", nil, func(thing) bool { return true })
		require.ErrorContains(t, err, "is longer than credctl reads")
		assert.Less(t, read, int64(3<<20), "no item is that long")
	})
}

func TestUsualAnswers(t *testing.T) {
	s := &script{answers: []reply{
		{status: 204}, {status: 200}, {status: 202, body: ` {"id":"a","unknown":[1,{}],"n":3,"id":"b"} `},
	}}
	c := s.client(t)
	for _, want := range []thing{{}, {}, {ID: "b", N: 3}} {
		got, err := Do[thing](t.Context(), c, Request{Method: http.MethodGet, Path: "/x"})
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
}

func TestSuccessThatSaysNo(t *testing.T) {
	s := &script{answers: []reply{{status: 200, body: `{"status":false}`}}}
	no := func(_ *provider.Conn, d *Dialect) {
		d.Failure = func(_ int, body []byte) Failure {
			return Failure{Failed: strings.Contains(string(body), "false"), Message: "no\x1b[2J\nway", Class: provider.ErrConflict}
		}
	}
	_, err := Do[thing](t.Context(), s.client(t, no), Request{Method: http.MethodPost, Path: "/x"})
	require.ErrorIs(t, err, provider.ErrConflict)
	require.ErrorContains(t, err, "no[2J way")
	err = Stream(t.Context(), s.client(t, no), Request{Method: http.MethodGet, Path: "/x"}, "data", nil, func(thing) bool { return true })
	require.ErrorIs(t, err, provider.ErrConflict)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// broken is a connection that breaks.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errReset }

// endless is a JSON string that never ends.
type endless struct{ read *int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	if *e.read == 0 {
		copy(p, `["`)
	}
	*e.read += int64(len(p))
	return len(p), nil
}

// TestASlowBodyIsTold: a person is told of a wait also when the header of an answer came
// at once, and no longer than it lasts.
func TestASlowBodyIsTold(t *testing.T) {
	for takes, want := range map[time.Duration][]string{900 * time.Millisecond: nil, 5 * time.Second: {"Waiting for vendor.example", ""}} {
		synctest.Test(t, func(t *testing.T) {
			var said []string
			vendor := roundTripper(func(r *http.Request) (*http.Response, error) {
				resp := answer(r, 200, "")
				resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"id":`), &lateReader{takes, strings.NewReader(`"a"}`)}))
				return resp, nil
			})
			report := func(what string) { said = append(said, what) }
			c, err := New(provider.Conn{HTTP: &http.Client{Transport: vendor}, BaseURL: "https://vendor.example", Progress: report}, Dialect{Failure: says})
			require.NoError(t, err)
			got, err := Do[thing](t.Context(), c, Request{Method: http.MethodGet, Path: "/x"})
			require.NoError(t, err)
			assert.Equal(t, "a", got.ID)
			time.Sleep(time.Minute)
			assert.Equal(t, want, said)
		})
	}
}

// A lateReader is a reader whose first read takes time.
type lateReader struct {
	takes time.Duration
	io.Reader
}

func (a *lateReader) Read(p []byte) (int, error) {
	time.Sleep(a.takes)
	a.takes = 0
	return a.Reader.Read(p)
}
