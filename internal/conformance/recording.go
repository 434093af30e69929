package conformance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// An Exchange is a request that was recorded, and the answer to it.
type Exchange struct {
	Name         string // of the recording
	Method, Path string
	Query        url.Values
	Header       http.Header
	Body         string // "" is none

	Status       int
	AnswerHeader http.Header
	Answer       string

	held held
}

// held is what a request is held against.
type held int

const (
	wholly held = iota
	shaped
	notAtAll
)

// Alike returns e, of whose request only the method, the path, and the names and
// types in the query and the body are held against what is sent.
func (e Exchange) Alike() Exchange { e.held = shaped; return e }

// AnswerOnly returns e as an answer to any request.
func (e Exchange) AnswerOnly() Exchange { e.held = notAtAll; return e }

// At returns the member of the answer under these names.
func (e Exchange) At(t testing.TB, path ...any) any {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal([]byte(e.Answer), &v), e.Name)
	for _, name := range path {
		object, ok := v.(map[string]any)
		require.True(t, ok, "%s: no object at %v", e.Name, name)
		v = object[name.(string)]
	}
	return v
}

// Refused checks that err is of the class, and says what the answer says: the
// status, the request's ID, the vendor's code, and the vendor's words.
func (e Exchange) Refused(t testing.TB, err, class error, code any, words ...any) {
	t.Helper()
	require.ErrorIs(t, err, class, e.Name)
	var said *provider.Error
	require.ErrorAs(t, err, &said, e.Name)
	assert.Equal(t, e.Status, said.Status, e.Name)
	assert.Equal(t, e.AnswerHeader.Get("X-Request-Id"), said.RequestID, e.Name)
	assert.Equal(t, code, said.Code, e.Name)
	for _, w := range words {
		assert.Contains(t, said.Message, w, e.Name)
	}
}

// Recordings is what was recorded of a vendor.
type Recordings struct {
	t     testing.TB
	names []string // in their order
	all   map[string]Exchange
	used  map[string]bool
}

// Take returns a recording.
func (r *Recordings) Take(name string) Exchange {
	r.t.Helper()
	e, ok := r.all[name]
	require.True(r.t, ok, "there is no recording %q", name)
	r.used[name] = true
	return e
}

// Without leaves recordings out, for a reason.
func (r *Recordings) Without(_ string, names ...string) {
	r.t.Helper()
	for _, name := range names {
		r.Take(name)
	}
}

// Rest returns the recordings that were not taken yet, in their order.
func (r *Recordings) Rest() []Exchange {
	var rest []Exchange
	for _, name := range r.names {
		if !r.used[name] {
			rest = append(rest, r.Take(name))
		}
	}
	return rest
}

func (r *Recordings) complete() {
	for _, name := range r.names {
		assert.True(r.t, r.used[name], "the recording %s was left out without a reason", name)
	}
}

// A recording is a file, in either of the forms that there are.
type recording struct {
	Request struct {
		Method  string          `json:"method"`
		URL     string          `json:"url"`
		Path    string          `json:"path"`
		Query   [][2]string     `json:"query"`
		Headers headers         `json:"headers"`
		Body    json.RawMessage `json:"body"`
	} `json:"request"`
	Response struct {
		Status  int             `json:"status"`
		Headers headers         `json:"headers"`
		Body    json.RawMessage `json:"body"`
	} `json:"response"`
}

func (f recording) exchange(t testing.TB, name string) Exchange {
	t.Helper()
	e := Exchange{
		Name: name, Method: f.Request.Method, Path: f.Request.Path, Query: url.Values{}, Header: http.Header(f.Request.Headers), Body: text(f.Request.Body),
		Status: f.Response.Status, AnswerHeader: http.Header(f.Response.Headers), Answer: text(f.Response.Body),
	}
	if f.Request.URL != "" {
		u, err := url.Parse(f.Request.URL)
		require.NoError(t, err)
		e.Path, e.Query = u.Path, u.Query()
	}
	for _, q := range f.Request.Query {
		e.Query.Add(q[0], q[1])
	}
	return e
}

// text is a body: JSON as it stands in the file, or a string that holds what is not JSON.
func text(body json.RawMessage) string {
	if string(body) == "null" {
		return ""
	}
	var other string
	if json.Unmarshal(body, &other) == nil {
		return other
	}
	return string(body)
}

// headers are an object of strings or of lists of them, or a list of pairs.
type headers http.Header

func (h *headers) UnmarshalJSON(b []byte) error {
	*h = headers{}
	var pairs [][2]string
	if json.Unmarshal(b, &pairs) == nil {
		for _, p := range pairs {
			http.Header(*h).Add(p[0], p[1])
		}
		return nil
	}
	var values map[string]any
	err := json.Unmarshal(b, &values)
	for name, v := range values {
		list, is := v.([]any)
		if !is {
			list = []any{v}
		}
		for _, value := range list {
			http.Header(*h).Add(name, value.(string))
		}
	}
	return err
}
