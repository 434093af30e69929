package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// start runs a sandbox for the length of a test.
func start(t *testing.T, opts Options) *Sandbox {
	t.Helper()
	s, err := Start(opts)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// clock is an Options.Now that moves only when it is told to.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// reply is a whole answer.
type reply struct {
	status int
	header http.Header
	body   string
}

// at digs in a JSON body: a string is a member, a number an element.
func (r reply) at(t *testing.T, path ...any) any {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal([]byte(r.body), &v), r.body)
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, ok := v.(map[string]any)
			require.True(t, ok, "no object at %v: %s", step, r.body)
			v = object[step]
		case int:
			list, ok := v.([]any)
			require.True(t, ok && len(list) > step, "no element %d: %s", step, r.body)
			v = list[step]
		}
	}
	return v
}

func (r reply) text(t *testing.T, path ...any) string {
	t.Helper()
	s, ok := r.at(t, path...).(string)
	require.True(t, ok, "no string at %v: %s", path, r.body)
	return s
}

// client speaks to one vendor; header is "Name: value".
type client struct {
	t      *testing.T
	base   string
	header string
}

func (c client) try(method, path, body string, headers ...string) (reply, error) {
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	require.NoError(c.t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range append([]string{c.header}, headers...) {
		if name, value, ok := strings.Cut(h, ": "); ok {
			req.Header.Set(name, value)
		}
	}
	tr := &http.Transport{DisableKeepAlives: true} // else the transport repeats a GET whose connection broke
	hc := &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := hc.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(b)}, err
}

func (c client) do(method, path, body string, headers ...string) reply {
	c.t.Helper()
	r, err := c.try(method, path, body, headers...)
	require.NoError(c.t, err)
	return r
}

func (s *Sandbox) client(t *testing.T, vendor string) client {
	header := map[string]string{
		"medianova": "Authorization: Bearer " + MedianovaToken,
		"katapult":  "Authorization: Bearer " + KatapultToken,
		"losant":    "Authorization: Bearer " + LosantToken,
		"stratum":   "X-API-Key: " + StratumOperatorKey,
	}[vendor]
	return client{t, s.URL(vendor), header}
}

func TestStartListensAndCloses(t *testing.T) {
	s, err := Start(Options{})
	require.NoError(t, err)
	for _, name := range []string{"medianova", "katapult", "losant", "stratum", "s3"} {
		assert.Regexp(t, `^http://127\.0\.0\.1:\d+$`, s.URL(name))
	}
	assert.Empty(t, s.URL("other"))
	assert.Nil(t, s.Credentials("other"))
	addr := strings.TrimPrefix(s.URL("s3"), "http://")
	require.NoError(t, s.Close())
	_, err = (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	assert.Error(t, err)
}

func TestStartAtFixedPorts(t *testing.T) {
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := free.Addr().String()
	_, err = Start(Options{Addr: addr})
	require.ErrorContains(t, err, "address already in use")
	require.NoError(t, free.Close())

	for port := 21_000; port < 60_000; port += 1_000 { // the first five in a row that nobody uses
		var s *Sandbox
		if s, err = Start(Options{Addr: fmt.Sprintf("localhost:%d", port)}); err != nil {
			continue
		}
		defer s.Close()
		for i, name := range []string{"medianova", "katapult", "losant", "stratum", "s3"} {
			assert.True(t, strings.HasSuffix(s.URL(name), fmt.Sprintf(":%d", port+i)), s.URL(name))
		}
		return
	}
	require.NoError(t, err, "forty times five ports cannot all be in use")
}

func TestStartRefuses(t *testing.T) {
	for name, opts := range map[string]Options{
		"not loopback":   {Addr: "0.0.0.0:0"},
		"no port":        {Addr: "127.0.0.1"},
		"port too high":  {Addr: "127.0.0.1:65533"},
		"port a word":    {Addr: "127.0.0.1:http"},
		"list form":      {MedianovaList: "tree"},
		"error form":     {MedianovaErrors: "xml"},
		"secret place":   {MedianovaSecret: "data..x"},
		"fault":          {Faults: []Fault{{Vendor: "aws", Verb: "list", Status: 500}}},
		"status too low": {Faults: []Fault{{Vendor: "*", Verb: "*", Status: 100}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Start(opts)
			assert.Error(t, err)
		})
	}
}

func TestEnv(t *testing.T) {
	s := start(t, Options{})
	env := s.Env()
	assert.True(t, slices.IsSorted(env))
	for _, want := range []string{
		"CREDCTL_MEDIANOVA_BASE_URL=" + s.URL("medianova"), "CREDCTL_MEDIANOVA_S3_ENDPOINT=" + s.URL("s3"), "MEDIANOVA_TOKEN=" + MedianovaToken,
		"CREDCTL_KATAPULT_BASE_URL=" + s.URL("katapult"), "KATAPULT_ORGANIZATION=acme", "CREDCTL_KATAPULT_REGION=uk-lon-1",
		"LOSANT_APPLICATION_ID=66a0c0de5eed000000000001", "STRATUM_API_KEY=" + StratumOperatorKey,
	} {
		assert.Contains(t, env, want)
	}
}

func TestExampleDataIsStable(t *testing.T) {
	a, b := start(t, Options{Count: 3}), start(t, Options{Count: 3})
	for vendor, n := range map[string]int{"medianova": 5, "katapult": 6, "losant": 8, "stratum": 8} {
		assert.Equal(t, a.Credentials(vendor), b.Credentials(vendor), vendor)
		assert.Len(t, a.Credentials(vendor), n, vendor)
	}
}

func TestDeterministic(t *testing.T) {
	made := func() string {
		s := start(t, Options{Deterministic: true, ProvisionDelay: -1, MedianovaSecret: "data.secret_key"})
		st := s.client(t, "stratum").do("POST", "/api/v1/api-keys", `{"tenant_id":"`+stratumTenant+`","name":"x"}`)
		ka := s.client(t, "katapult").do("POST", katapultCreate, katapultBody("x"))
		ge := s.client(t, "katapult").do("POST", katapultKeyPath+"/generate_credentials", `{"access_key":{"id":"`+ka.text(t, "object_storage_access_key", "id")+`"}}`)
		me := s.client(t, "medianova").do("POST", medianovaPath+"/credentials", medianovaBody("x"))
		lo := s.client(t, "losant").do("POST", losantPath, `{"name":"x","type":"git","gitConfig":{"type":"ssh-key","cloneUrl":"git@example.com:x.git","generatePrivateKey":true}}`)
		return strings.ReplaceAll(st.body+ka.body+ge.body+me.body+lo.body, s.s3.address(), "S3")
	}
	first, second := made(), made()
	assert.Equal(t, first, second)
}

func TestTranscript(t *testing.T) {
	s := start(t, Options{Transcript: 4})
	st := s.client(t, "stratum")
	made := st.do("POST", "/api/v1/api-keys", `{"tenant_id":"`+stratumTenant+`"}`)
	st.do("GET", "/api/v1/api-keys?tenant_id=x", "")
	st.do("GET", "/nowhere", "")
	got := s.Requests("stratum")
	require.Len(t, got, 3)
	assert.Equal(t, "create", got[0].Verb)
	assert.Equal(t, 201, got[0].Status)
	assert.Equal(t, made.text(t, "id"), got[0].ID)
	assert.True(t, got[0].Committed)
	assert.Equal(t, "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f500", got[0].By)
	assert.Contains(t, got[0].Body, stratumTenant)
	assert.Equal(t, "tenant_id=x", got[1].Query)
	assert.False(t, got[1].Committed)
	assert.Equal(t, "other", got[2].Verb)
	assert.Empty(t, s.Requests("katapult"))
	for range 20 {
		st.do("GET", "/api/v1/health", "")
	}
	all := s.Requests("")
	assert.GreaterOrEqual(t, len(all), 4)
	assert.LessOrEqual(t, len(all), 8)
}

func TestLatencyAndLimitsHonourTheClient(t *testing.T) {
	s := start(t, Options{Latency: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond) // in which it arrives on a busy machine too
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "DELETE", s.URL("stratum")+"/api/v1/api-keys/3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f501", nil)
	require.NoError(t, err)
	req.Header.Set("X-Api-Key", StratumOperatorKey)
	_, err = http.DefaultClient.Do(req)
	require.Error(t, err)
	require.Eventually(t, func() bool { return len(s.Requests("stratum")) > 0 }, 10*time.Second, 10*time.Millisecond)
	line := s.Requests("stratum")[0]
	assert.Zero(t, line.Status)
	assert.False(t, line.Committed)
}

func TestRateLimit(t *testing.T) {
	c := newClock()
	s := start(t, Options{RateLimit: 2, Now: c.now})
	want := map[string]string{"medianova": medianovaPath + "/credential", "katapult": katapultList, "losant": losantPath, "stratum": "/api/v1/api-keys", "s3": "/"}
	for vendor, path := range want {
		cl := s.client(t, vendor)
		cl.do("GET", path, "")
		cl.do("GET", path, "")
		r := cl.do("GET", path, "")
		assert.Equal(t, 429, r.status, vendor)
		if vendor == "stratum" {
			assert.Equal(t, "1", r.header.Get("Retry-After"))
		} else {
			assert.Empty(t, r.header.Get("Retry-After"), vendor)
		}
	}
	c.pass(time.Second)
	assert.Equal(t, 200, s.client(t, "stratum").do("GET", "/api/v1/api-keys", "").status)
}

func TestTooLargeRequest(t *testing.T) {
	s := start(t, Options{})
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.URL("losant")+losantPath, bytes.NewReader(make([]byte, maxRequest+1)))
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	if err == nil { // the server may also have hung up by then
		assert.Equal(t, 413, res.StatusCode)
		_ = res.Body.Close()
	}
}

// TestParallel makes, uses and ends credentials at all vendors at once, for the race detector.
func TestParallel(t *testing.T) {
	s := start(t, Options{ProvisionDelay: -1, MedianovaSecret: "data.secret_key"})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			st, ka, me, lo := s.client(t, "stratum"), s.client(t, "katapult"), s.client(t, "medianova"), s.client(t, "losant")
			made := st.do("POST", "/api/v1/api-keys", `{"tenant_id":"`+stratumTenant+`"}`)
			st.do("GET", "/api/v1/api-keys", "")
			st.do("DELETE", "/api/v1/api-keys/"+made.text(t, "id"), "")
			made = ka.do("POST", katapultCreate, katapultBody("p"))
			id := `{"access_key":{"id":"` + made.text(t, "object_storage_access_key", "id") + `"}}`
			made = ka.do("POST", katapultKeyPath+"/generate_credentials", id)
			assert.True(t, s.Authenticates(made.text(t, "object_storage_access_key", "s3_access_key_id"), made.text(t, "object_storage_access_key", "s3_secret_access_key")))
			ka.do("GET", katapultList, "")
			ka.do("DELETE", katapultKeyPath, id)
			made = me.do("POST", medianovaPath+"/credentials", medianovaBody("p"))
			me.do("GET", medianovaPath+"/credential", "")
			me.do("DELETE", medianovaPath+"/credential/"+made.text(t, "data", "uuid"), "")
			made = lo.do("POST", losantPath, `{"name":"`+s.random.text(8, alnum)+`","type":"sendgrid","sendgridConfig":{"apiKey":"12345"}}`)
			lo.do("GET", losantPath, "")
			lo.do("DELETE", losantPath+"/"+made.text(t, "id"), "")
			s.Credentials("katapult")
			s.Requests("")
		})
	}
	wg.Wait()
	for vendor, want := range map[string]int{"stratum": 3, "katapult": 2, "medianova": 2, "losant": 4} {
		live := 0
		for _, c := range s.Credentials(vendor) {
			if c.Live {
				live++
			}
		}
		assert.Equal(t, want, live, vendor)
	}
}
