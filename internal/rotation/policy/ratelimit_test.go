package policy

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendortest"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/rotationtest"
	"github.com/credctl/credctl/internal/stratum"
)

const tenant = "049563bb-1f45-4543-a988-8d7262cb0cdb"

// stratumServer is one with the limits of an installation that sets no others: 100
// requests of an address, and then of a key, in the minute after the first.
type stratumServer struct {
	mu             sync.Mutex
	keys           []string // as JSON; of a deleted key, ""
	windows        map[string]*window
	taken, refused int
}

type window struct {
	ends time.Time
	used int
}

// take counts a request.
func (s *stratumServer) take(by string) (used int, left time.Duration) {
	w := s.windows[by]
	if now := time.Now(); w == nil || !now.Before(w.ends) {
		w = &window{ends: now.Add(time.Minute)}
		s.windows[by] = w
	}
	w.used++
	return w.used, time.Until(w.ends)
}

func (s *stratumServer) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(10 * time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	used, left := s.take("")
	seconds := strconv.Itoa(int(math.Ceil(left.Seconds())))
	if used > 100 {
		s.refused++
		return respond(r, 429, `{"error":{"code":"VALIDATION_ERROR","message":"Rate limit exceeded"}}`, 0, seconds, seconds), nil
	}
	ofKey, left := s.take(r.Header.Get("X-Api-Key"))
	if ofKey > 100 {
		s.refused++
		return respond(r, 429, `{"error":{"code":"RATE_LIMITED","message":"Rate limit exceeded."}}`, 0, time.Now().Add(left).UTC().Format(time.RFC3339Nano), strconv.Itoa(int(math.Ceil(left.Seconds())))), nil
	}
	s.taken++
	status, body := s.handle(r)
	return respond(r, status, body, 100-ofKey, seconds, ""), nil
}

func respond(r *http.Request, status int, body string, remaining int, reset, after string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}, "X-Ratelimit-Limit": {"100"}, "X-Ratelimit-Remaining": {strconv.Itoa(remaining)}, "X-Ratelimit-Reset": {reset}}
	if after != "" {
		h.Set("Retry-After", after)
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

func (s *stratumServer) handle(r *http.Request) (status int, body string) {
	path := strings.TrimPrefix(r.URL.Path, "/api/v1/")
	switch {
	case r.Method == http.MethodGet && path == "api-keys":
		return 200, "[" + strings.Join(s.live(), ",") + "]"
	case r.Method == http.MethodPost && path == "api-keys":
		key := s.add(time.Now())
		return 201, strings.TrimSuffix(key, "}") + fmt.Sprintf(`,"plaintext_key":"sk_test_%043d"}`, len(s.keys))
	case r.Method == http.MethodDelete:
		for i, key := range s.keys {
			if strings.Contains(key, strings.TrimPrefix(path, "api-keys/")) {
				s.keys[i] = ""
				return 204, ""
			}
		}
	case path == "tenants/"+tenant:
		return 200, `{"id":"` + tenant + `"}`
	}
	return 404, `{"error":{"code":"NOT_FOUND","message":"not found"}}`
}

// add adds a key, and returns it.
func (s *stratumServer) add(created time.Time) string {
	n := len(s.keys)
	s.keys = append(s.keys, fmt.Sprintf(`{"id":%q,"tenant_id":%q,"name":"web","created_at":%q,"last_used_at":null,"revoked_at":null,"expires_at":null}`,
		keyID(n), tenant, created.UTC().Format(time.RFC3339)))
	return s.keys[n]
}

func keyID(n int) string { return fmt.Sprintf("b0d71f2c-e4e6-4c01-98dd-%012d", n) }

func (s *stratumServer) live() (all []string) {
	for _, key := range s.keys {
		if key != "" {
			all = append(all, key)
		}
	}
	return all
}

// TestRotationsShareTheLimitOfTheAddress: with the requests of the new keys, too, which
// are tried, no request is refused, and a run that fits into the limit is not slowed down.
func TestRotationsShareTheLimitOfTheAddress(t *testing.T) {
	for _, rotations := range []int{10, 30} {
		for _, parallel := range []int{1, 8, 32} {
			t.Run(fmt.Sprintf("%d/%d", rotations, parallel), func(t *testing.T) {
				rotationtest.Bubble(t, func(t *testing.T) {
					server := &stratumServer{windows: map[string]*window{}}
					h := newHouse(t, rotationtest.AsReplacer)
					var p Policy
					for i := range rotations {
						server.add(time.Now().Add(-40 * duration.Day))
						e := h.entry(strconv.Itoa(i), keyID(i), 30*duration.Day)
						e.Provider, e.Kind, e.Overlap = "stratum", "api-key", true
						p.Rotations = append(p.Rotations, e)
					}
					vendor := stratum.Provider()
					service, err := vendor.Kinds[0].Open(provider.Conn{
						HTTP: &http.Client{Transport: server}, BaseURL: "https://stratum.example/api/v1",
						Settings: vendortest.Input(t, vendor.Settings, "token-file", "sk_test_signer", "tenant", tenant),
						MaxWait:  30 * time.Second, MaxThrottle: 65 * time.Second, Pacers: &pace.Pacers{},
					})
					require.NoError(t, err)
					h.Service, h.Report = service, func(rotation.Notice) {}
					began := time.Now()
					got, err := Run(t.Context(), h.Engine, p, Options{Parallel: parallel, Force: true})
					require.NoError(t, err)
					require.Len(t, got, rotations)
					for _, r := range got {
						assert.Equal(t, oplog.Done, r.State, r.Message)
					}
					assert.Zero(t, server.refused, "no request is sent in vain")
					assert.GreaterOrEqual(t, server.taken, 5*rotations)
					assert.LessOrEqual(t, time.Since(began), time.Duration(server.taken/100)*61*time.Second+40*time.Second)
				})
			})
		}
	}
}
