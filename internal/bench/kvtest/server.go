// Package kvtest is the key-value store of Vault, version 2, as far as a delivery needs it.
package kvtest

import (
	"encoding/json"
	"maps"
	"net/http"
	"sync"
	"time"
)

// A Server answers each request after a while. It keeps what it is given, and looks at no
// token.
type Server struct {
	latency time.Duration

	mu       sync.Mutex
	secrets  map[string]map[string]string // by path
	versions map[string]int
	requests int
}

// New returns a server without secrets.
func New(latency time.Duration) *Server {
	return &Server{latency: latency, secrets: map[string]map[string]string{}, versions: map[string]int{}}
}

// Requests returns how many there were.
func (v *Server) Requests() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.requests
}

// Secrets returns how many there are.
func (v *Server) Secrets() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.secrets)
}

func (v *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	time.Sleep(v.latency)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.requests++
	var in struct {
		Data  map[string]string `json:"data"`
		Paths []string          `json:"paths"`
	}
	_ = json.NewDecoder(r.Body).Decode(&in) // a GET has none
	path := r.URL.Path
	var data any
	switch {
	case path == "/v1/sys/capabilities-self":
		may := map[string][]string{}
		for _, path := range in.Paths {
			may[path] = []string{"create", "read", "update", "patch"}
		}
		data = may
	case r.Method == http.MethodPatch, r.Method == http.MethodPost:
		if v.secrets[path] == nil {
			v.secrets[path] = map[string]string{}
		}
		maps.Copy(v.secrets[path], in.Data)
		v.versions[path]++
		data = map[string]int{"version": v.versions[path]}
	case v.secrets[path] == nil:
		w.WriteHeader(http.StatusNotFound)
	default:
		data = map[string]any{"data": v.secrets[path], "metadata": map[string]int{"version": v.versions[path]}}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data, "errors": []string{}})
}
