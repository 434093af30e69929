package conformance

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/providertest"
	"github.com/credctl/credctl/internal/provider/vendortest"
)

// A Sent is a request that was sent; a Body of "" is none.
type Sent struct{ Method, Path, Body string }

// hold compares a request with the recorded one.
func (e Exchange) hold(t testing.TB, req *http.Request, body string) {
	t.Helper()
	if e.held == notAtAll {
		return
	}
	assert.Equal(t, e.Method, req.Method, e.Name)
	assert.Equal(t, e.Path, req.URL.Path, e.Name)
	assert.Equal(t, e.Header.Get("Content-Type"), req.Header.Get("Content-Type"), e.Name)
	if e.held == shaped {
		assert.Equal(t, slices.Sorted(maps.Keys(e.Query)), slices.Sorted(maps.Keys(req.URL.Query())), e.Name)
		assert.Empty(t, ShapeDiff(t, e.Body, body), e.Name)
		return
	}
	assert.Equal(t, e.Query, req.URL.Query(), e.Name)
	if key := e.Header.Get("X-Api-Key"); key != "" {
		assert.Equal(t, key, req.Header.Get("X-Api-Key"), e.Name)
	}
	if e.Body == "" || body == "" {
		assert.Equal(t, e.Body, body, e.Name)
		return
	}
	assert.JSONEq(t, e.Body, body, e.Name)
}

// A Hearing is a verb of a provider's only kind, the recorded exchanges that it
// leads to, and what is to come of it.
type Hearing struct {
	Provider provider.Provider
	Settings []string // a name, its value, a name, its value
	Inputs   []string // likewise
	Verb     provider.Verb
	ID       string
	Old      provider.Credential // what Replace replaces
	Play     []Exchange

	Check func(*testing.T, []provider.Credential, error) // nil: there is no error
	Sent  func(*testing.T, Sent)                         // of each request; nil: nothing more than what the exchanges say
}

// Run runs the hearing in a bubble, in which waits take no time.
func (h Hearing) Run(t *testing.T) { synctest.Test(t, h.run) }

func (h Hearing) run(t *testing.T) {
	base, err := h.Provider.Base("https://vendor.example")
	require.NoError(t, err)
	left, kind := h.Play, h.Provider.Kinds[0]
	svc, err := kind.Open(provider.Conn{
		HTTP: &http.Client{Transport: vendortest.RoundTripper(func(r *http.Request) (*http.Response, error) {
			body := ""
			if r.Body != nil {
				b, err := io.ReadAll(r.Body)
				if err != nil {
					return nil, err
				}
				body = string(b)
			}
			if len(left) == 0 {
				t.Errorf("a request that was not recorded: %s %s", r.Method, r.URL.RequestURI())
				return vendortest.Answer("500 {}"), nil
			}
			e := left[0]
			left = left[1:]
			e.hold(t, r, body)
			if h.Sent != nil {
				h.Sent(t, Sent{r.Method, r.URL.Path, body})
			}
			return &http.Response{StatusCode: e.Status, Header: e.AnswerHeader.Clone(), Body: io.NopCloser(strings.NewReader(e.Answer)), Request: r}, nil
		})},
		BaseURL: base, Settings: vendortest.Input(t, h.Provider.Settings, h.Settings...), MaxWait: 30 * time.Second,
	})
	require.NoError(t, err)
	params := h.Verb
	if params == providertest.Replace {
		params = provider.Rotate
	}
	got, err := providertest.Call(t.Context(), svc, h.Verb, h.ID, h.Old, vendortest.Input(t, kind.Params[params], h.Inputs...))
	if h.Check == nil {
		require.NoError(t, err)
	} else {
		h.Check(t, got, err)
	}
	assert.Empty(t, left, "requests that were recorded and were not sent")
}
