package kubernetes

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
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

const bearer = "eyJhbGciOiJSUzI1NiJ9.example"

// A fake is an API server with one namespace and one Secret.
type fake struct {
	mu      sync.Mutex
	data    map[string][]byte // nil: there is none
	version int
	meta    map[string]any
	fixed   bool // immutable
	verbs   string
	tokens  map[string]bool
	gone    bool // the namespace
}

func newFake() *fake {
	return &fake{
		data: map[string][]byte{"other": []byte("stays"), "binary": {0, 1, 255}}, version: 1000, meta: map[string]any{},
		verbs: "get patch create", tokens: map[string]bool{bearer: true},
	}
}

func (f *fake) holds() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]string{}
	for k, v := range f.data {
		all[k] = string(v)
	}
	return all
}

func (f *fake) object() map[string]any {
	meta := maps.Clone(f.meta)
	meta["name"], meta["namespace"], meta["resourceVersion"] = "app-s3", "web", strconv.Itoa(f.version)
	return map[string]any{"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": meta, "immutable": f.fixed, "data": f.data}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	reply := func(status int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	fail := func(status int, reason, message string) {
		reply(status, map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": status})
	}
	const collection = "/api/v1/namespaces/web/secrets"
	verb := map[string]string{"GET": "get", "PATCH": "patch", "POST": "create"}[r.Method]
	dry := r.URL.Query().Get("dryRun") == "All"
	var in struct {
		Kind     string
		Type     string
		Metadata struct{ Name, ResourceVersion string }
		Data     map[string][]byte
	}
	if r.Method != http.MethodGet {
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.URL.Query().Get("fieldManager") != "credctl" {
			fail(400, "BadRequest", "the body is not one")
			return
		}
	}
	switch {
	case !f.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]:
		fail(401, "Unauthorized", "Unauthorized")
	case !strings.Contains(f.verbs, verb):
		fail(403, "Forbidden", `secrets "app-s3" is forbidden: User "ci" cannot `+verb+` resource "secrets" in API group "" in the namespace "web"`)
	case f.gone:
		fail(404, "NotFound", `namespaces "web" not found`)
	case r.Method == http.MethodPost && r.URL.Path == collection:
		if f.data != nil {
			fail(409, "AlreadyExists", `secrets "app-s3" already exists`)
			return
		}
		if in.Kind != "Secret" || in.Metadata.Name != "app-s3" {
			fail(422, "Invalid", "invalid")
			return
		}
		f.change(in.Data, dry)
		reply(201, f.object())
	case f.data == nil || r.URL.Path != collection+"/app-s3":
		fail(404, "NotFound", `secrets "app-s3" not found`)
	case r.Method == http.MethodPatch:
		switch {
		case r.Header.Get("Content-Type") != "application/merge-patch+json":
			fail(415, "UnsupportedMediaType", "no")
		case in.Metadata.ResourceVersion != strconv.Itoa(f.version):
			fail(409, "Conflict", `Operation cannot be fulfilled on secrets "app-s3": the object has been modified; please apply your changes to the latest version and try again`)
		case f.fixed:
			fail(422, "Invalid", "Secret \"app-s3\" is invalid: data: Forbidden: field is immutable when `immutable` is set")
		default:
			f.change(in.Data, dry)
			reply(200, f.object())
		}
	default:
		reply(200, f.object())
	}
}

func (f *fake) change(data map[string][]byte, dry bool) {
	if dry {
		return
	}
	f.version++
	now := maps.Clone(f.data)
	if now == nil {
		now = map[string][]byte{}
	}
	maps.Copy(now, data)
	f.data = now
}

func config(t *testing.T, server, user string) string {
	return entrytest.File(t, filepath.Join(t.TempDir(), "config"), fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: arn:aws:eks:eu-west-1:1:cluster/prod
contexts:
- name: arn:aws:eks:eu-west-1:1:cluster/prod
  context: {cluster: prod, user: ci, namespace: ignored}
clusters:
- name: prod
  cluster: {%s}
users:
- name: ci
  user: {%s}
`, server, user))
}

func place(t *testing.T, f *fake, spec string) entrytest.Place { return placeAt(t, f, f, spec) }

func placeAt(t *testing.T, f *fake, h http.Handler, spec string) entrytest.Place {
	s := entrytest.Serve(t, h, func(r *http.Request) bool { return r.Method != http.MethodGet && r.URL.Query().Get("dryRun") == "" })
	name := ""
	if strings.Contains(spec, "key=") {
		name = "K"
	}
	return entrytest.Place{
		Scheme: Scheme(&entry.Sessions{}), Spec: spec, Server: s, Secrets: []string{bearer}, Name: name, Creates: strings.Contains(spec, "create=1"),
		Options: deliver.Options{Env: []string{"KUBECONFIG=" + config(t, "server: "+s.URL, "token: "+bearer)}, LockDir: filepath.Join(t.TempDir(), "locks")},
		Holds:   f.holds,
		Meddle: func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.change(map[string][]byte{"theirs": []byte("new")}, false)
		},
		DenyWrite: func() { f.verbs = "get" },
		DenyAll:   func() { f.verbs = "" },
		Remove:    func() { f.data = nil },
		Wrong: []string{
			"k8s:app", "k8s:/app", "k8s:web/", "k8s:Web/app", "k8s:web/App_1", "k8s:/web/app", "k8s:web/app?key=a b", "k8s:web/app?create=yes",
			"k8s:web/app?force_managed=x", "k8s:web/app?field=key", "k8s:web/app?key=K&prefix=S3_", "k8s:web/" + strings.Repeat("a", 254),
		},
	}
}

func TestContract(t *testing.T) {
	for _, spec := range []string{"k8s:web/app-s3", "k8s:arn:aws:eks:eu-west-1:1:cluster/prod/web/app-s3?key=K", "k8s:web/app-s3?create=1"} {
		t.Run(spec, func(t *testing.T) {
			entrytest.Run(t, func(t *testing.T) entrytest.Place { return place(t, newFake(), spec) })
		})
	}
}

// TestConformance holds the requests, and the statuses of the fake, against the
// OpenAPI document of Kubernetes.
func TestConformance(t *testing.T) {
	document := entrytest.OpenDocument(t, "kubernetes/api__v1_openapi.json")
	f := newFake()
	d := placeAt(t, f, document.Hold(f), "k8s:web/app-s3?create=1").Open(t)
	for range 2 {
		require.NoError(t, d.Check(t.Context()))
		require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
		require.NoError(t, d.ReadBack(t.Context(), entrytest.Pair("s3cret")))
		f.data = nil // the next one is created
	}
}

func TestSpecNamesTheContext(t *testing.T) {
	assert.Equal(t, "k8s:arn:aws:eks:eu-west-1:1:cluster/prod/web/app-s3?key=K", place(t, newFake(), "k8s:web/app-s3?key=K").Open(t).Spec())
}

func TestManagedAndImmutable(t *testing.T) {
	for name, meta := range map[string]map[string]any{
		"ExternalSecret app": {"ownerReferences": []any{map[string]any{"kind": "ExternalSecret", "name": "app"}}},
		"Helm":               {"labels": map[string]any{"app.kubernetes.io/managed-by": "Helm"}},
		"Argo CD":            {"annotations": map[string]any{"argocd.argoproj.io/tracking-id": "x"}},
		"External Secrets":   {"labels": map[string]any{"reconcile.external-secrets.io/managed": "true"}},
	} {
		f := newFake()
		f.meta = meta
		d := place(t, f, "k8s:web/app-s3").Open(t)
		for _, err := range []error{d.Check(t.Context()), d.Write(t.Context(), entrytest.Pair("s3cret"))} {
			require.ErrorIs(t, err, provider.ErrRefused, name)
			require.ErrorContains(t, err, name)
			assert.Contains(t, provider.HintOf(err), "force_managed=1")
		}
		d = place(t, f, "k8s:web/app-s3?force_managed=1").Open(t)
		require.NoError(t, d.Check(t.Context()))
		require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
	}
	f := newFake()
	f.fixed = true
	require.ErrorIs(t, place(t, f, "k8s:web/app-s3").Open(t).Check(t.Context()), provider.ErrRefused)
	f = newFake()
	f.meta = map[string]any{"labels": map[string]any{"app.kubernetes.io/managed-by": "kustomize"}}
	require.NoError(t, place(t, f, "k8s:web/app-s3").Open(t).Check(t.Context()))
}

func TestMissing(t *testing.T) {
	f := newFake()
	f.data = nil
	err := place(t, f, "k8s:web/app-s3").Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrNotFound)
	assert.Contains(t, provider.HintOf(err), "create=1")
	d := place(t, f, "k8s:web/app-s3?create=1").Open(t)
	require.NoError(t, d.Check(t.Context()))
	assert.Empty(t, f.holds())
	f.gone = true
	require.ErrorIs(t, d.Check(t.Context()), provider.ErrNotFound)
}

// TestWays is how a kubeconfig can say who one is, over TLS.
func TestWays(t *testing.T) {
	f := newFake()
	s := httptest.NewTLSServer(f)
	t.Cleanup(s.Close)
	authority := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	dir := t.TempDir()
	entrytest.File(t, filepath.Join(dir, "token"), bearer+"\n")
	entrytest.File(t, filepath.Join(dir, "ca.crt"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	server := "server: " + s.URL + ", certificate-authority-data: " + authority
	for name, c := range map[string]struct{ server, user, trouble string }{
		"a token":              {server, "token: " + bearer, ""},
		"a token file":         {server, "tokenFile: " + filepath.Join(dir, "token"), ""},
		"a file of the CA":     {"server: " + s.URL + ", certificate-authority: " + filepath.Join(dir, "ca.crt"), "token: " + bearer, ""},
		"another name":         {server + ", tls-server-name: example.com", "token: " + bearer, ""},
		"a wrong name":         {server + ", tls-server-name: other.test", "token: " + bearer, "certificate"},
		"no check":             {"server: " + s.URL + ", insecure-skip-tls-verify: true", "token: " + bearer, ""},
		"an unknown CA":        {"server: " + s.URL, "token: " + bearer, "certificate"},
		"no token":             {server, "token: wrong", "401"},
		"an auth-provider":     {server, "auth-provider: {name: gcp}", "auth-provider"},
		"impersonation":        {server, "token: " + bearer + ", as: root", "impersonates"},
		"a proxy that is away": {server + ", proxy-url: 'http://127.0.0.1:1'", "token: " + bearer, "not sent"},
		"a plain address":      {"server: http://cluster.example.com", "token: " + bearer, "the server of the kubeconfig"},
	} {
		t.Run(name, func(t *testing.T) {
			p := place(t, f, "k8s:web/app-s3")
			p.Options.Env = []string{"KUBECONFIG=" + config(t, c.server, c.user)}
			err := p.Open(t).Check(t.Context())
			if c.trouble == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.trouble)
			assert.NotContains(t, err.Error(), bearer)
		})
	}
	u, err := url.Parse(s.URL)
	require.NoError(t, err)
	target := entry.Target{Options: deliver.Options{Env: []string{"KUBERNETES_SERVICE_HOST=" + u.Hostname(), "KUBERNETES_SERVICE_PORT=" + u.Port()}}}
	c, ok := inCluster(target, dir)
	require.True(t, ok)
	client, err := c.connect(t.Context(), target)
	require.NoError(t, err)
	_, err = (&secret{client: client, namespace: "web", name: "app-s3"}).Get(t.Context())
	require.NoError(t, err, "in the cluster")
}

// TestPlugin runs a program that issues tokens, again when one was refused.
func TestPlugin(t *testing.T) {
	f := newFake()
	dir := t.TempDir()
	plugin := filepath.Join(dir, "login")
	require.NoError(t, os.WriteFile(plugin, []byte(`#!/bin/sh
test "$1" = get-token && test "$PROFILE" = prod && test -z "$SECRET_OF_OURS" || exit 1
case "$KUBERNETES_EXEC_INFO" in *'"kind":"ExecCredential"'*) ;; *) exit 1;; esac
echo run >> "`+dir+`/runs"
n=$(wc -l < "`+dir+`/runs" | tr -d ' ')
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"token-%s"}}' "$n"
`), 0o700))
	p := place(t, f, "k8s:web/app-s3")
	p.Scheme = Scheme(&entry.Sessions{})
	p.Options.Hide = []string{"SECRET_OF_OURS"}
	p.Options.Env = append(os.Environ(), "SECRET_OF_OURS=x", "KUBECONFIG="+filepath.Join(dir, "none")+string(filepath.ListSeparator)+config(t, "server: "+p.Server.URL,
		"exec: {apiVersion: client.authentication.k8s.io/v1, command: "+plugin+", args: [get-token], env: [{name: PROFILE, value: prod}]}"))
	f.tokens = map[string]bool{"token-1": true}
	d := p.Open(t)
	require.NoError(t, d.Check(t.Context()))
	require.NoError(t, p.Open(t).Check(t.Context()), "one run serves all destinations")
	f.tokens = map[string]bool{"token-2": true}
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")), "the token had expired")
	f.tokens = nil
	err := d.Check(t.Context())
	require.ErrorIs(t, err, provider.ErrDenied)

	require.NoError(t, os.WriteFile(plugin, []byte("#!/bin/sh\necho you must log in >&2; exit 1\n"), 0o700))
	p.Scheme = Scheme(&entry.Sessions{})
	err = p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrDenied)
	require.ErrorContains(t, err, "you must log in")
	require.NoError(t, os.WriteFile(plugin, []byte("#!/bin/sh\necho token-9\n"), 0o700))
	err = p.Open(t).Check(t.Context())
	require.ErrorContains(t, err, "printed no ExecCredential")
	assert.NotContains(t, err.Error(), "token-9")
}

func TestNoCluster(t *testing.T) {
	p := place(t, newFake(), "k8s:web/app-s3")
	p.Options.Env = nil
	err := p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrDenied)
	require.ErrorContains(t, err, "KUBECONFIG, ~/.kube/config, KUBERNETES_SERVICE_HOST")
	p.Spec = "k8s:nowhere/web/app-s3"
	require.ErrorIs(t, p.Open(t).Check(t.Context()), provider.ErrUsage)
	p.Options.Home = func() (string, error) { return t.TempDir(), nil }
	require.ErrorIs(t, p.Open(t).Check(t.Context()), provider.ErrUsage)
	p.Options.Env = []string{"KUBECONFIG=" + entrytest.File(t, filepath.Join(t.TempDir(), "c"), "users: [")}
	require.ErrorContains(t, p.Open(t).Check(t.Context()), "cannot be read")
}
