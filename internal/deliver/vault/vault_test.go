package vault

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/deliver/entry/entrytest"
	"github.com/credctl/credctl/internal/provider"
)

const rootToken = "hvs.CAESIJexampleexample"

// A fake is a mount of the key-value store with one secret, and what is before it:
// logins, policies, namespaces.
type fake struct {
	mu        sync.Mutex
	versions  []map[string]any // nil: deleted, or destroyed
	destroyed []int
	may       []string
	tokens    map[string]bool
	namespace string
	noPatch   int // the status of a PATCH
	noAsking  bool
	logins    []string
}

func newFake() *fake {
	return &fake{
		versions: []map[string]any{{"other": "stays", "number": 1.5}},
		may:      []string{"create", "read", "update", "patch"}, tokens: map[string]bool{rootToken: true},
	}
}

func (f *fake) holds() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]string{}
	if len(f.versions) == 0 {
		return all
	}
	for k, v := range f.versions[len(f.versions)-1] {
		all[k] = fmt.Sprint(v)
	}
	return all
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
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
	if r.Header.Get("X-Vault-Request") != "true" || r.Header.Get("X-Vault-Namespace") != f.namespace {
		answer(w, 403, map[string]any{"errors": []string{"permission denied"}})
		return
	}
	switch r.URL.Path {
	case "/v1/auth/approle/login", "/v1/auth/kubernetes/login":
		f.logins = append(f.logins, strings.Trim(in.RoleID+" "+in.SecretID+" "+in.Role+" "+in.JWT, " "))
		if in.SecretID != "approle-secret" && in.JWT != "jwt-of-the-pod" {
			answer(w, 400, map[string]any{"errors": []string{"invalid role or secret ID"}})
			return
		}
		f.tokens["hvs.issuedissued"] = true
		answer(w, 200, map[string]any{"auth": map[string]any{"client_token": "hvs.issuedissued", "lease_duration": 60}})
		return
	}
	if !f.tokens[r.Header.Get("X-Vault-Token")] {
		answer(w, 403, map[string]any{"errors": []string{"permission denied"}})
		return
	}
	may := func(what string) bool {
		if !slices.Contains(f.may, what) {
			answer(w, 403, map[string]any{"errors": []string{"1 error occurred:\n\t* permission denied\n\n"}})
			return false
		}
		return true
	}
	switch {
	case r.URL.Path == "/v1/auth/token/revoke-self":
		delete(f.tokens, r.Header.Get("X-Vault-Token"))
		w.WriteHeader(204)
	case r.URL.Path == "/v1/sys/capabilities-self":
		if f.noAsking {
			answer(w, 403, map[string]any{"errors": []string{"permission denied"}})
			return
		}
		data := map[string]any{"capabilities": f.may}
		for _, path := range in.Paths {
			data[path] = f.may
		}
		delete(data, "capabilities")
		answer(w, 200, map[string]any{"data": data})
	case r.URL.Path == "/v1/secret/destroy/apps/web":
		if may("update") {
			for _, n := range in.Versions {
				f.versions[n-1] = nil
			}
			f.destroyed = append(f.destroyed, in.Versions...)
			w.WriteHeader(204)
		}
	case r.URL.Path != "/v1/secret/data/apps/web":
		answer(w, 404, map[string]any{"errors": []string{"no handler for route \"" + strings.TrimPrefix(r.URL.Path, "/v1/") + "\". route entry not found."}})
	case r.Method == http.MethodGet:
		if may("read") {
			n, err := strconv.Atoi(r.URL.Query().Get("version"))
			if err != nil {
				n = len(f.versions)
			}
			f.read(w, n)
		}
	case r.Method == http.MethodPatch && f.noPatch != 0:
		answer(w, f.noPatch, map[string]any{"errors": []string{"no"}})
	case r.Method == http.MethodPatch:
		live := len(f.versions) > 0 && f.versions[len(f.versions)-1] != nil
		if !may("patch") || !f.matches(w, in.Options.CAS) {
			return
		}
		if !live || r.Header.Get("Content-Type") != "application/merge-patch+json" {
			answer(w, 404, map[string]any{"errors": []string{}})
			return
		}
		now := maps.Clone(f.versions[len(f.versions)-1])
		maps.Copy(now, in.Data)
		f.write(w, now)
	case r.Method == http.MethodPost:
		if may("update") && f.matches(w, in.Options.CAS) {
			f.write(w, in.Data)
		}
	}
}

func (f *fake) matches(w http.ResponseWriter, cas *int) bool {
	switch {
	case cas == nil:
		answer(w, 400, map[string]any{"errors": []string{"check-and-set parameter required for this call"}})
		return false
	case *cas != len(f.versions):
		answer(w, 400, map[string]any{"errors": []string{"check-and-set parameter did not match the current version"}})
		return false
	}
	return true
}

func (f *fake) read(w http.ResponseWriter, n int) {
	if n < 1 || n > len(f.versions) {
		answer(w, 404, map[string]any{"errors": []string{}})
		return
	}
	meta := map[string]any{"version": n, "destroyed": slices.Contains(f.destroyed, n), "deletion_time": ""}
	status := 200
	if f.versions[n-1] == nil {
		meta["deletion_time"], status = "2026-01-01T00:00:00Z", 404
	}
	answer(w, status, map[string]any{"data": map[string]any{"data": f.versions[n-1], "metadata": meta}})
}

func (f *fake) write(w http.ResponseWriter, data map[string]any) {
	f.versions = append(f.versions, data)
	answer(w, 200, map[string]any{"data": map[string]any{"version": len(f.versions)}})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func changes(r *http.Request) bool {
	return r.Method != http.MethodGet && r.URL.Path != "/v1/sys/capabilities-self" && !strings.HasSuffix(r.URL.Path, "/login")
}

func place(t *testing.T, f *fake, spec string) entrytest.Place {
	s := entrytest.Serve(t, f, changes)
	name := ""
	if strings.Contains(spec, "key=") {
		name = "K"
	}
	return entrytest.Place{
		Scheme: Scheme(&entry.Sessions{}), Spec: spec, Server: s, Name: name, Secrets: []string{rootToken}, Creates: true,
		Options: deliver.Options{Env: []string{"VAULT_ADDR=" + s.URL, "VAULT_TOKEN=" + rootToken}, LockDir: filepath.Join(t.TempDir(), "locks")},
		Holds:   f.holds,
		Meddle: func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			now := maps.Clone(f.versions[len(f.versions)-1])
			now["theirs"] = "new"
			f.versions = append(f.versions, now)
		},
		DenyWrite: func() { f.may = []string{"read", "list"} },
		DenyAll:   func() { f.tokens = nil },
		Remove:    func() { f.versions = append(f.versions, nil) },
		Wrong:     []string{"vault:secret", "vault:secret/", "vault:/web", "vault:secret//web", "vault:secret/../web", "vault:secret/web?field=key", "vault:secret/web?as=json", "vault:secret/web?key=", "vault:secret/web?destroy_old=2", "vault:secret/web?key=K&field=key&as=json", "vault:secret/web?url=http://vault.example.com"},
	}
}

func TestContract(t *testing.T) {
	for name, c := range map[string]struct {
		spec   string
		change func(*fake)
	}{
		"variables":     {"vault:secret/apps/web", nil},
		"one value":     {"vault:secret/apps/web?key=K", nil},
		"without PATCH": {"vault:secret/apps/web", func(f *fake) { f.noPatch = 405 }},
		"not permitted": {"vault:secret/apps/web", func(f *fake) { f.may = []string{"read", "create", "update"} }},
		"narrow policy": {"vault:secret/apps/web?key=K", func(f *fake) { f.noAsking = true }},
	} {
		t.Run(name, func(t *testing.T) {
			entrytest.Run(t, func(t *testing.T) entrytest.Place {
				f := newFake()
				if c.change != nil {
					c.change(f)
				}
				p := place(t, f, c.spec)
				p.LateCheck = f.noAsking
				return p
			})
		})
	}
}

func TestOneValueWithBothHalves(t *testing.T) {
	f := newFake()
	p := place(t, f, "vault:secret/apps/web?key=K&as=json")
	d := p.Open(t)
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
	require.NoError(t, d.ReadBack(t.Context(), entrytest.Pair("s3cret")))
	assert.JSONEq(t, `{"AWS_ACCESS_KEY_ID":"AKIAEXAMPLE1234","AWS_SECRET_ACCESS_KEY":"s3cret","AWS_ENDPOINT_URL":"https://s3.example.com","AWS_REGION":"uk-lon-01"}`, f.holds()["K"])
	key, secret, err := p.Open(t).Current(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "AKIAEXAMPLE1234 s3cret", key+" "+secret.Reveal())

	for name, spec := range map[string]string{"a bare value": "vault:secret/apps/web?key=K", "another prefix": "vault:secret/apps/web?key=K&as=json&prefix=S3_"} {
		p.Spec = spec
		err := p.Open(t).Check(t.Context())
		require.ErrorIs(t, err, provider.ErrRefused, name)
	}
	p.Spec = "vault:secret/apps/web?key=KEY&field=key"
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
	assert.Equal(t, "AKIAEXAMPLE1234", f.holds()["KEY"])
	p.Spec, p.Options.Shape = "vault:secret/apps/web", provider.SingleSecret("STRATUM_API_KEY")
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("single")))
	assert.Equal(t, "single", f.holds()["STRATUM_API_KEY"])
	assert.Equal(t, "stays", f.holds()["other"])
	assert.InDelta(t, 1.5, f.versions[len(f.versions)-1]["number"], 0, "what is no string stays what it is")
}

func TestDestroyOld(t *testing.T) {
	f := newFake()
	d := place(t, f, "vault:secret/apps/web?destroy_old=1").Open(t)
	for _, secret := range []string{"old", "new"} {
		require.NoError(t, d.Write(t.Context(), entrytest.Pair(secret)))
	}
	require.NoError(t, d.(deliver.Retirer).Retire(t.Context()))
	assert.Equal(t, []int{2}, f.destroyed, "the version with the old secret, and not the one before it")
	require.NoError(t, d.(deliver.Retirer).Retire(t.Context()))
	assert.Equal(t, []int{2}, f.destroyed)
	require.NoError(t, place(t, f, "vault:secret/apps/web").Open(t).(deliver.Retirer).Retire(t.Context()), "it was not asked for")
}

func TestLogins(t *testing.T) {
	dir := t.TempDir()
	secretFile := entrytest.File(t, filepath.Join(dir, "secret-id"), "approle-secret\n")
	jwt := entrytest.File(t, filepath.Join(dir, "jwt"), "jwt-of-the-pod")
	entrytest.File(t, filepath.Join(dir, ".vault-token"), rootToken+"\n")
	for name, c := range map[string]struct {
		env   []string
		login string
	}{
		"AppRole":         {[]string{"VAULT_ROLE_ID=role-1", "VAULT_SECRET_ID=approle-secret"}, "role-1 approle-secret"},
		"AppRole, a file": {[]string{"BAO_ROLE_ID=role-1", "VAULT_SECRET_ID_FILE=" + secretFile}, "role-1 approle-secret"},
		"Kubernetes":      {[]string{"VAULT_K8S_ROLE=web", "VAULT_K8S_TOKEN_PATH=" + jwt}, "web jwt-of-the-pod"},
		"token file":      {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.namespace = "team/a"
			p := place(t, f, "vault:secret/apps/web")
			sessions := &entry.Sessions{}
			p.Scheme = Scheme(sessions)
			p.Options.Env = append(c.env, "BAO_ADDR="+p.Server.URL, "VAULT_ADDR=http://127.0.0.1:1", "VAULT_NAMESPACE=team/a/")
			p.Options.Home = func() (string, error) { return dir, nil }
			for range 2 {
				require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
			}
			if c.login == "" {
				assert.Empty(t, f.logins)
				return
			}
			assert.Equal(t, []string{c.login}, f.logins, "one for all destinations of a run")
			require.NoError(t, sessions.Close(t.Context()))
			assert.False(t, f.tokens["hvs.issuedissued"], "it is revoked at the end")
			assert.True(t, f.tokens[rootToken])
		})
	}
}

func TestNoToken(t *testing.T) {
	p := place(t, newFake(), "vault:secret/apps/web")
	p.Options.Env = []string{"VAULT_ADDR=" + p.Server.URL, "BAO_TOKEN=", "VAULT_TOKEN=" + rootToken}
	err := p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrDenied, "an empty variable of OpenBao takes precedence")
	for _, name := range []string{"BAO_TOKEN", "VAULT_TOKEN", "VAULT_ROLE_ID", "VAULT_K8S_ROLE"} {
		require.ErrorContains(t, err, name)
	}
	assert.Empty(t, p.Server.Requests())
	p.Options.Env = nil
	require.ErrorIs(t, p.Open(t).Check(t.Context()), provider.ErrUsage, "no server")
	p.Options.Settings = map[string]string{"vault.addr": p.Server.URL, "vault.token": rootToken}
	require.NoError(t, p.Open(t).Check(t.Context()), "the profile")
	p.Options.Env = []string{"VAULT_ADDR=http://vault.example.com:8200"}
	d := p.Spec
	_, err = deliver.Parse(d, deliver.Options{Shape: provider.KeyPair(), Schemes: []deliver.Scheme{p.Scheme}, Env: p.Options.Env})
	require.ErrorContains(t, err, "VAULT_ADDR: the base URL")
}

// TestFirstVersion: a mount of version 1 takes any request, and would keep it as a secret.
func TestFirstVersion(t *testing.T) {
	s := entrytest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, map[string]any{"data": map[string]any{"data": map[string]any{"a": "b"}, "options": map[string]any{"cas": 0}}})
	}), changes)
	p := place(t, newFake(), "vault:secret/apps/web")
	p.Options.Env = []string{"VAULT_ADDR=" + s.URL, "VAULT_TOKEN=" + rootToken}
	for _, err := range []error{p.Open(t).Check(t.Context()), p.Open(t).Write(t.Context(), entrytest.Pair("s3cret"))} {
		require.ErrorIs(t, err, provider.ErrUsage)
		assert.Contains(t, provider.HintOf(err), "enable-versioning secret")
	}
	assert.Empty(t, entrytest.Changes(s.Requests()))
}

func TestMountsAndRedirects(t *testing.T) {
	f := newFake()
	p := place(t, f, "vault:apps/web?mount=secret")
	require.NoError(t, p.Open(t).Check(t.Context()))
	p.Spec = "vault:kv/apps/web"
	err := p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrUsage)
	require.ErrorContains(t, err, "no handler for route")
	standby := entrytest.Serve(t, http.RedirectHandler("http://active.example.com/", http.StatusTemporaryRedirect), nil)
	p.Options.Env = []string{"VAULT_ADDR=" + standby.URL, "VAULT_TOKEN=" + rootToken}
	err = p.Open(t).Check(t.Context())
	require.ErrorContains(t, err, "active.example.com")
	assert.Contains(t, provider.HintOf(err), "active node")
}
