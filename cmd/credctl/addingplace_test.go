package main

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/credctl/credctl/cmd/credctl/testdata/acmekv"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry/entrytest"
)

const acmeStoreToken = "token-of-the-acme-store"

// acmeStore is the store of the example destination.
type acmeStore struct {
	mu      sync.Mutex
	value   *string
	version int
	may     string // nothing, read, write
}

func (s *acmeStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var in struct{ Value, Version string }
	switch {
	case r.Header.Get("Authorization") != "Bearer "+acmeStoreToken, s.may == "nothing", s.may == "read" && r.Method == http.MethodPut:
		reply(w, 403, `{}`)
	case r.URL.Path != "/v1/values/web":
		reply(w, 404, `{}`)
	case r.Method == http.MethodPut:
		if json.NewDecoder(r.Body).Decode(&in) != nil || s.value != nil && in.Version != strconv.Itoa(s.version) {
			reply(w, 409, `{}`)
			return
		}
		s.value = &in.Value
		s.version++
		reply(w, 200, `{}`)
	case s.value == nil:
		reply(w, 404, `{}`)
	default:
		text, _ := json.Marshal(map[string]string{"value": *s.value, "version": strconv.Itoa(s.version)})
		reply(w, 200, string(text))
	}
}

func (s *acmeStore) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// TestAddingADestination holds the example of CONTRIBUTING.md against the contract
// of all destinations.
func TestAddingADestination(t *testing.T) {
	entrytest.Run(t, func(t *testing.T) entrytest.Place {
		was := "was"
		s := &acmeStore{value: &was, may: "write"}
		server := entrytest.Serve(t, s, nil)
		return entrytest.Place{
			Scheme: acmekv.Scheme(), Spec: "acme-kv:web", Server: server, Secrets: []string{acmeStoreToken}, Creates: true, LateCheck: true,
			Options: deliver.Options{Env: []string{"ACME_KV_URL=" + server.URL, "ACME_KV_TOKEN=" + acmeStoreToken}},
			Holds: func() (holds map[string]string) {
				s.set(func() {
					if s.value != nil {
						holds = map[string]string{"": *s.value}
					}
				})
				return holds
			},
			Meddle:    func() { s.set(func() { s.value, s.version = &was, s.version+1 }) },
			DenyWrite: func() { s.set(func() { s.may = "read" }) },
			DenyAll:   func() { s.set(func() { s.may = "nothing" }) },
			Remove:    func() { s.set(func() { s.value = nil }) },
			Wrong:     []string{"acme-kv:web?unknown=1", "acme-kv:web?as=xml"},
		}
	})
}
