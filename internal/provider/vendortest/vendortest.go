// Package vendortest has vendors in memory, for the tests of adapters.
package vendortest

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// A Script is a vendor in memory that gives answers in their order, and keeps what
// it was sent. More requests than answers fail the test, and so does one to a host
// that is not that of its Conn.
type Script struct {
	T       testing.TB
	Answers []string // as [Answer] takes them

	host    string
	mu      sync.Mutex
	Sent    []string // "GET /path?query", and " " and the body where there is one
	Headers []http.Header
	Saved   string // the answer that could not be read
}

// RoundTrip implements [http.RoundTripper].
func (s *Script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	assert.Equal(s.T, s.host, r.URL.Host)
	line := r.Method + " " + r.URL.RequestURI()
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		line += " " + string(b)
	}
	s.Sent, s.Headers = append(s.Sent, line), append(s.Headers, r.Header)
	if len(s.Sent) > len(s.Answers) {
		s.T.Errorf("an unexpected request: %s", line)
		return Answer("500 {}"), nil
	}
	return Answer(s.Answers[len(s.Sent)-1]), nil
}

// Conn returns what an adapter needs in order to reach s.
func (s *Script) Conn(baseURL string, settings provider.Input) provider.Conn {
	u, err := url.Parse(baseURL)
	require.NoError(s.T, err)
	s.host = u.Host
	return provider.Conn{
		HTTP: &http.Client{Transport: s}, BaseURL: baseURL, Settings: settings, MaxWait: 30 * time.Second,
		Save: func(_ string, body []byte) (string, error) { s.Saved = string(body); return "/recovery/file", nil },
	}
}

// RoundTripper is a vendor that is a function.
type RoundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f RoundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Answer returns an answer in JSON; text is its body, after its status if that is not 200.
func Answer(text string) *http.Response {
	status, body := divided(text)
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
}

func divided(text string) (status int, body string) {
	if n, err := strconv.Atoi(text[:min(3, len(text))]); err == nil {
		return n, strings.TrimSpace(text[3:])
	}
	return http.StatusOK, text
}

// Input returns an Input of params with values: a name, its value, a name, its value.
func Input(t testing.TB, params []provider.AnyParam, values ...string) provider.Input {
	t.Helper()
	in := provider.NewInput(params...)
	for i := 0; i < len(values); i += 2 {
		require.NoError(t, in.Value(values[i]).Set(values[i+1]), values[i])
	}
	return in
}

// Routes is a healthy vendor without state: for each pattern of [http.ServeMux],
// with the provider's prefix, an answer in JSON, after its status if that is not 200:
//
//	"POST /api/v1/api-keys": `201 {"id":"…","plaintext_key":"…"}`,
//	"DELETE /api/v1/api-keys/{id}": "204",
type Routes map[string]string

// Handler returns a handler for r.
func (r Routes) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, answer := range r {
		status, body := divided(answer)
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}
	return mux
}
