package losant

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/losant/service"
	"github.com/credctl/credctl/internal/provider"
)

const (
	appID  = "575ece2b7ae143cd83dc4a9c"
	credID = "575ece2b7ae143cd83dc4a9b"
	root   = "/applications/" + appID + "/credentials"
	one    = root + "/" + credID
	before = "2026-06-13T04:00:00.000Z"
	after  = "2026-06-13T04:00:01.000Z"
)

// A step is a request that must come, and the answer to it.
type step struct {
	request string // "GET /path?query", without what every query has
	body    string // JSON; "" for none
	status  int    // 0: 200
	answer  string
}

// script is a transport that expects steps, in their order.
type script struct {
	t     *testing.T
	mu    sync.Mutex
	steps []step
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	query := r.URL.Query()
	for name := range leanQuery() {
		assert.Len(s.t, query[name], 1, name)
		if query.Get(name) == "false" {
			query.Del(name)
		}
	}
	got := r.Method + " " + r.URL.Path
	if len(query) > 0 {
		got += "?" + query.Encode()
	}
	if !assert.NotEmpty(s.t, s.steps, "nothing more should be sent, but: %s", got) {
		return reply(500, "{}"), nil
	}
	want := s.steps[0]
	s.steps = s.steps[1:]
	assert.Equal(s.t, want.request, got)
	assert.Equal(s.t, "Bearer token-of-credctl", r.Header.Get("Authorization"))
	assert.Equal(s.t, "application/json", r.Header.Get("Accept"))
	body := ""
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(b)
	}
	if want.body == "" {
		assert.Empty(s.t, body, got)
	} else {
		assert.JSONEq(s.t, want.body, body, got)
	}
	return reply(max(want.status, 0), want.answer), nil
}

func reply(status int, body string) *http.Response {
	if status == 0 {
		status = http.StatusOK
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
}

// serve opens the kind at a vendor that expects the steps, and checks at the end
// that all of them came.
func serve(t *testing.T, steps ...step) *credentials {
	t.Helper()
	s := &script{t: t, steps: steps}
	t.Cleanup(func() { assert.Empty(t, s.steps, "requests that did not come") })
	return connect(t, s)
}

func connect(t *testing.T, rt http.RoundTripper) *credentials {
	t.Helper()
	p := Provider()
	in := provider.NewInput(p.Settings...)
	require.NoError(t, in.Value("token-file").Set("token-of-credctl"))
	require.NoError(t, in.Value("application").Set(appID))
	svc, err := p.Kinds[0].Open(provider.Conn{HTTP: &http.Client{Transport: rt}, BaseURL: p.BaseURL, Settings: in, MaxWait: 30 * time.Second})
	require.NoError(t, err)
	return svc.(*credentials)
}

// input gives "--name=value" for the verb, with the content in place of a path.
func input(t *testing.T, v provider.Verb, args ...string) provider.Input {
	t.Helper()
	in := provider.NewInput(params()[v]...)
	for _, a := range args {
		name, value, ok := strings.Cut(strings.TrimPrefix(a, "--"), "=")
		if !ok {
			value = "true"
		}
		require.NotNil(t, in.Value(name), a)
		require.NoError(t, in.Value(name).Set(value), a)
	}
	return in
}

// cred is a credential as Losant answers it.
func cred(typ, config string, more ...string) string {
	fields := map[string]string{
		"id": `"` + credID + `"`, "applicationId": `"` + appID + `"`, "name": `"archive"`, "type": `"` + typ + `"`, "enabled": "true",
		"creationDate": `"2026-01-01T00:00:00.000Z"`, "lastUpdated": `"` + before + `"`, "createdByType": `"user"`,
		"_type": `"credential"`, "_etag": `"\"x\""`, "_links": `{"self":{"href":"/x"}}`,
	}
	if config != "" {
		fields[typ+"Config"] = config
	}
	for _, m := range more {
		k, v, _ := strings.Cut(m, "=")
		fields[k] = v
	}
	var parts []string
	for _, k := range service.Sorted(fields) {
		parts = append(parts, `"`+k+`":`+fields[k])
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func moved(typ, config string, more ...string) string {
	return cred(typ, config, append([]string{`lastUpdated="` + after + `"`}, more...)...)
}

// silent checks that neither an error nor its hint shows a secret.
func silent(t *testing.T, err error, secrets ...string) {
	t.Helper()
	for _, s := range secrets {
		assert.NotContains(t, err.Error()+provider.HintOf(err), s)
	}
}
