package placetest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// VaultToken is the token that a new [Vault] takes.
const VaultToken = "hvs.CAESIJexampleexample"

// A Vault is a mount of the key-value store with one secret, and what is before it:
// logins, policies, namespaces.
type Vault struct {
	mu        sync.Mutex
	Versions  []map[string]any // nil: deleted, or destroyed
	Destroyed []int
	May       []string
	Tokens    map[string]bool
	Namespace string
	NoPatch   int // the status of a PATCH
	NoAsking  bool
	Logins    []string
}

// NewVault returns one with the secret secret/apps/web.
func NewVault() *Vault {
	return &Vault{
		Versions: []map[string]any{{"other": "stays", "number": 1.5}},
		May:      []string{"create", "read", "update", "patch"}, Tokens: map[string]bool{VaultToken: true},
	}
}

// Holds returns the present values.
func (f *Vault) Holds() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]string{}
	if len(f.Versions) == 0 {
		return all
	}
	for k, v := range f.Versions[len(f.Versions)-1] {
		all[k] = fmt.Sprint(v)
	}
	return all
}

func (f *Vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	var in struct {
		Options  struct{ CAS *int }
		Data     map[string]any
		Paths    []string
		Versions []int
		Role     string
		RoleID   string `json:"role_id"`
		SecretID string `json:"secret_id"`
		JWT      string
	}
	if len(body) > 0 && json.Unmarshal(body, &in) != nil {
		answer(w, 400, map[string]any{"errors": []string{"failed to parse JSON input"}})
		return
	}
	if r.Header.Get("X-Vault-Request") != "true" || r.Header.Get("X-Vault-Namespace") != f.Namespace {
		answer(w, 403, map[string]any{"errors": []string{"permission denied"}})
		return
	}
	switch r.URL.Path {
	case "/v1/auth/approle/login", "/v1/auth/kubernetes/login":
		f.Logins = append(f.Logins, strings.Trim(in.RoleID+" "+in.SecretID+" "+in.Role+" "+in.JWT, " "))
		if in.SecretID != "approle-secret" && in.JWT != "jwt-of-the-pod" {
			answer(w, 400, map[string]any{"errors": []string{"invalid role or secret ID"}})
			return
		}
		f.Tokens["hvs.issuedissued"] = true
		answer(w, 200, map[string]any{"auth": map[string]any{"client_token": "hvs.issuedissued", "lease_duration": 60}})
		return
	}
	if !f.Tokens[r.Header.Get("X-Vault-Token")] {
		answer(w, 403, map[string]any{"errors": []string{"permission denied"}})
		return
	}
	may := func(what string) bool {
		if !slices.Contains(f.May, what) {
			answer(w, 403, map[string]any{"errors": []string{"1 error occurred:\n\t* permission denied\n\n"}})
			return false
		}
		return true
	}
	switch {
	case r.URL.Path == "/v1/auth/token/revoke-self":
		delete(f.Tokens, r.Header.Get("X-Vault-Token"))
		w.WriteHeader(204)
	case r.URL.Path == "/v1/sys/capabilities-self":
		if f.NoAsking {
			answer(w, 403, map[string]any{"errors": []string{"permission denied"}})
			return
		}
		data := map[string]any{"capabilities": f.May}
		for _, path := range in.Paths {
			data[path] = f.May
		}
		delete(data, "capabilities")
		answer(w, 200, map[string]any{"data": data})
	case r.URL.Path == "/v1/secret/destroy/apps/web":
		if may("update") {
			for _, n := range in.Versions {
				f.Versions[n-1] = nil
			}
			f.Destroyed = append(f.Destroyed, in.Versions...)
			w.WriteHeader(204)
		}
	case r.URL.Path != "/v1/secret/data/apps/web":
		answer(w, 404, map[string]any{"errors": []string{"no handler for route \"" + strings.TrimPrefix(r.URL.Path, "/v1/") + "\". route entry not found."}})
	case r.Method == http.MethodGet:
		if may("read") {
			n, err := strconv.Atoi(r.URL.Query().Get("version"))
			if err != nil {
				n = len(f.Versions)
			}
			f.read(w, n)
		}
	case r.Method == http.MethodPatch && f.NoPatch != 0:
		answer(w, f.NoPatch, map[string]any{"errors": []string{"no"}})
	case r.Method == http.MethodPatch:
		live := len(f.Versions) > 0 && f.Versions[len(f.Versions)-1] != nil
		if !may("patch") || !f.matches(w, in.Options.CAS) {
			return
		}
		if !live || r.Header.Get("Content-Type") != "application/merge-patch+json" {
			answer(w, 404, map[string]any{"errors": []string{}})
			return
		}
		now := maps.Clone(f.Versions[len(f.Versions)-1])
		maps.Copy(now, in.Data)
		f.write(w, now)
	case r.Method == http.MethodPost:
		if may("update") && f.matches(w, in.Options.CAS) {
			f.write(w, in.Data)
		}
	}
}

func (f *Vault) matches(w http.ResponseWriter, cas *int) bool {
	switch {
	case cas == nil:
		answer(w, 400, map[string]any{"errors": []string{"check-and-set parameter required for this call"}})
		return false
	case *cas != len(f.Versions):
		answer(w, 400, map[string]any{"errors": []string{"check-and-set parameter did not match the current version"}})
		return false
	}
	return true
}

func (f *Vault) read(w http.ResponseWriter, n int) {
	if n < 1 || n > len(f.Versions) {
		answer(w, 404, map[string]any{"errors": []string{}})
		return
	}
	meta := map[string]any{"version": n, "destroyed": slices.Contains(f.Destroyed, n), "deletion_time": ""}
	status := 200
	if f.Versions[n-1] == nil {
		meta["deletion_time"], status = "2026-01-01T00:00:00Z", 404
	}
	answer(w, status, map[string]any{"data": map[string]any{"data": f.Versions[n-1], "metadata": meta}})
}

func (f *Vault) write(w http.ResponseWriter, data map[string]any) {
	f.Versions = append(f.Versions, data)
	answer(w, 200, map[string]any{"data": map[string]any{"version": len(f.Versions)}})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// Changes reports whether a request changes something.
func (*Vault) Changes(r *http.Request) bool {
	return r.Method != http.MethodGet && r.URL.Path != "/v1/sys/capabilities-self" && !strings.HasSuffix(r.URL.Path, "/login")
}

// Meddle is what another program does in between.
func (f *Vault) Meddle() { f.Set(map[string]any{"theirs": "new"}) }

// Set sets values as another program does.
func (f *Vault) Set(values map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := maps.Clone(f.Versions[len(f.Versions)-1])
	maps.Copy(now, values)
	f.Versions = append(f.Versions, now)
}
