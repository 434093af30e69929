package katapult_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/katapult"
	"github.com/credctl/credctl/internal/provider"
)

const (
	keyPath    = "/core/v1/object_storage/access_keys/access_key"
	newPath    = "/core/v1/organizations/organization/object_storage/object_storage_cluster/access_keys"
	listPath   = "/core/v1/organizations/organization/object_storage/access_keys"
	bucketPath = "/core/v1/object_storage/object_storage_cluster/buckets/bucket"
	secret     = "kVq7xT1pZ0mR4sWb9cYd2eLf6gNh3jKa"

	oldKey = `{"id":"objkey_old","name":"ci","created_at":1786458696,"region":"uk-lon-1","state":"configured",
		"all_buckets_read":true,"all_objects_read":false,"all_objects_write":false,"read_buckets":["web"],"write_buckets":[],
		"server_url":"uk-lon-1.katapultobjects.com:443","s3_access_key_id":"eb03a82c3e6a4529bf12d4db3fd0972c","s3_secret_access_key":null}`
	newKey = `{"id":"objkey_new","name":"ci","created_at":1786459966,"region":"uk-lon-1","state":"pending",
		"all_buckets_read":false,"all_objects_read":false,"all_objects_write":false,"read_buckets":[],"write_buckets":[],
		"server_url":null,"s3_access_key_id":null,"s3_secret_access_key":null}`
	generated = `{"id":"objkey_new","name":"ci","created_at":1786459966,"region":"uk-lon-1","state":"pending",
		"all_buckets_read":false,"all_objects_read":false,"all_objects_write":false,"read_buckets":[],"write_buckets":[],
		"server_url":"uk-lon-1.katapultobjects.com:443","s3_access_key_id":"14505c66bf28494b818666339a72db49","s3_secret_access_key":"` + secret + `"}`
	notYet = `{"error":{"code":"object_storage_provisioning_error","description":"Provisioning is in progress. Please try again later.","detail":{}}}`
)

func one(key string) string { return `{"object_storage_access_key":` + key + `}` }

func bucketOf(readers, writers string) string {
	return `{"object_storage_bucket":{"name":"web","access_control_list":{"public_read":false,"all_keys_read":false,"read_key_ids":[` + readers + `],"write_key_ids":[` + writers + `]}}}`
}

func refusal(code, detail string) string {
	return `{"error":{"code":"` + code + `","description":"In Katapult's words.","detail":` + detail + `}}`
}

// A step is a request that is expected, and what is answered.
type step struct {
	request string // "GET /path?query", with the query decoded and sorted
	body    string // JSON; "" is none
	status  int    // 0 is 200; -1 loses the answer
	answer  string
	header  http.Header
}

// A script is a vendor that expects certain requests in their order.
type script struct {
	t        *testing.T
	mu       sync.Mutex
	steps    []step
	requests []*http.Request
	times    []time.Duration
	start    time.Time
	reports  []string
	service  provider.Service
}

func play(t *testing.T, steps ...step) *script {
	t.Helper()
	return playWith(t, map[string]string{"org": "acme", "region": "uk-lon-1"}, steps...)
}

func playWith(t *testing.T, settings map[string]string, steps ...step) *script {
	t.Helper()
	s := &script{t: t, steps: steps, start: time.Now()}
	s.service = open(t, settings, provider.Conn{
		HTTP: &http.Client{Transport: s}, MaxWait: 65 * time.Second,
		Progress: func(what string) { s.reports = append(s.reports, what) },
		Save:     func(string, []byte) (string, error) { return "/recovery.json", nil },
	})
	t.Cleanup(func() { assert.Len(t, s.requests, len(s.steps), "not every expected request was sent") })
	return s
}

// open returns the service of the one kind.
func open(t testing.TB, settings map[string]string, conn provider.Conn) provider.Service {
	t.Helper()
	conn.BaseURL, conn.Settings = "https://api.katapult.io/core/v1", provider.NewInput(katapult.Provider().Settings...)
	require.NoError(t, conn.Settings.Value("token-file").Set("katapult-token-1234"))
	for name, value := range settings {
		require.NoError(t, conn.Settings.Value(name).Set(value))
	}
	service, err := katapult.Provider().Kinds[0].Open(conn)
	require.NoError(t, err)
	return service
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := r.Method + " " + r.URL.Path
	if q := r.URL.Query(); len(q) > 0 {
		got += "?" + strings.NewReplacer("%5B", "[", "%5D", "]").Replace(q.Encode())
	}
	if !assert.Less(s.t, len(s.requests), len(s.steps), "unexpected request: %s", got) {
		return nil, io.ErrClosedPipe
	}
	at := s.steps[len(s.requests)]
	s.requests, s.times = append(s.requests, r), append(s.times, time.Since(s.start))
	assert.Equal(s.t, at.request, got)
	assert.Equal(s.t, "Bearer katapult-token-1234", r.Header.Get("Authorization"))
	assert.Equal(s.t, "application/json", r.Header.Get("Accept"))
	if at.body == "" {
		assert.Nil(s.t, r.Body)
	} else if b, err := io.ReadAll(r.Body); assert.NoError(s.t, err) {
		assert.Equal(s.t, "application/json", r.Header.Get("Content-Type"))
		assert.JSONEq(s.t, at.body, string(b))
	}
	if at.status < 0 {
		return nil, io.ErrUnexpectedEOF
	}
	h := at.header
	if h == nil {
		h = http.Header{}
	}
	h.Set("Content-Type", "application/json")
	h.Set("X-Request-Id", "5f519967-bae0")
	return &http.Response{StatusCode: max(at.status, 200), Header: h, Body: io.NopCloser(strings.NewReader(at.answer)), Request: r}, nil
}

// input returns what the caller gives for verb v, as name and value in turns.
func input(t *testing.T, v provider.Verb, pairs ...string) provider.Input {
	t.Helper()
	in := provider.NewInput(katapult.Provider().Kinds[0].Params[v]...)
	for i := 0; i < len(pairs); i += 2 {
		require.NoError(t, in.Value(pairs[i]).Set(pairs[i+1]))
	}
	return in
}

func (s *script) list() ([]provider.Credential, error) {
	var all []provider.Credential
	for c, err := range s.service.(provider.Lister).List(s.t.Context(), provider.Input{}) {
		if err != nil {
			return all, err
		}
		all = append(all, c)
	}
	return all, nil
}

func (s *script) get(id string) (provider.Credential, error) {
	return s.service.(provider.Getter).Get(s.t.Context(), id)
}

func (s *script) create(pairs ...string) (provider.Credential, error) {
	return s.service.(provider.Creator).Create(s.t.Context(), input(s.t, provider.Create, pairs...))
}

func (s *script) update(id string, pairs ...string) (provider.Credential, error) {
	return s.service.(provider.Updater).Update(s.t.Context(), id, input(s.t, provider.Update, pairs...))
}

func (s *script) generate(id string) (provider.Credential, error) {
	return s.service.(provider.Generator).Generate(s.t.Context(), id, provider.Input{})
}

func (s *script) delete(id string) error {
	return s.service.(provider.Deleter).Delete(s.t.Context(), id)
}

// details returns the vendor's own record as it is printed.
func details(t *testing.T, c provider.Credential) map[string]any {
	t.Helper()
	b, err := json.Marshal(c.Details)
	require.NoError(t, err)
	var m map[string]any
	require.NoError(t, json.Unmarshal(b, &m))
	return m
}

// about is the body of a request about a key.
func about(id string) string { return fmt.Sprintf(`{"access_key":{"id":%q}}`, id) }
