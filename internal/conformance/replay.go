package conformance

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/providertest"
	"github.com/credctl/credctl/internal/provider/vendortest"
)

// A replay is a vendor that gives recorded answers in their order, and holds each
// request against the recorded one.
type replay struct {
	t         testing.TB
	exchanges []Exchange
	mu        sync.Mutex
	sent      []Sent
}

// play opens the only kind of p at a vendor that plays the exchanges. The test
// fails if not all of them are asked for.
func play(t testing.TB, p provider.Provider, settings []string, exchanges ...Exchange) (provider.Service, *replay) {
	t.Helper()
	r := &replay{t: t, exchanges: exchanges}
	base, err := p.Base("https://vendor.example")
	require.NoError(t, err)
	svc, err := p.Kinds[0].Open(provider.Conn{
		HTTP: &http.Client{Transport: r}, BaseURL: base, Settings: vendortest.Input(t, p.Settings, settings...), MaxWait: 30 * time.Second,
		Save: func(string, []byte) (string, error) { return "/recovery/file", nil },
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.Len(t, r.sent, len(exchanges), "requests that were recorded and were not sent") })
	return svc, r
}

// A Sent is a request that was sent; a Body of "" is none.
type Sent struct{ Method, Path, Body string }

// RoundTrip implements [http.RoundTripper].
func (r *replay) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body := ""
	if req.Body != nil {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		body = string(b)
	}
	if len(r.sent) >= len(r.exchanges) {
		r.t.Errorf("a request that was not recorded: %s %s", req.Method, req.URL.RequestURI())
		return vendortest.Answer("500 {}"), nil
	}
	e := r.exchanges[len(r.sent)]
	r.sent = append(r.sent, Sent{req.Method, req.URL.Path, body})
	e.hold(r.t, req, body)
	header := e.AnswerHeader.Clone()
	if header == nil {
		header = http.Header{"Content-Type": {"application/json"}}
	}
	return &http.Response{StatusCode: e.Status, Header: header, Body: io.NopCloser(strings.NewReader(e.Answer)), Request: req}, nil
}

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
	params := h.Verb
	if params == providertest.Replace {
		params = provider.Rotate
	}
	svc, vendor := play(t, h.Provider, h.Settings, h.Play...)
	got, err := providertest.Call(t.Context(), svc, h.Verb, h.ID, h.Old, vendortest.Input(t, h.Provider.Kinds[0].Params[params], h.Inputs...))
	if h.Check == nil {
		require.NoError(t, err)
	} else {
		h.Check(t, got, err)
	}
	for _, s := range vendor.sent {
		if h.Sent != nil {
			h.Sent(t, s)
		}
	}
}
