package kubernetes

import (
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/deliver/entry/entrytest"
	"github.com/credctl/credctl/internal/deliver/entry/placetest"
	"github.com/credctl/credctl/internal/provider"
)

func config(t *testing.T, server, user string) string {
	return entrytest.File(t, filepath.Join(t.TempDir(), "config"), placetest.Kubeconfig(server, user))
}

func place(t *testing.T, f *placetest.Kubernetes, spec string) entrytest.Place {
	return placeAt(t, f, f, spec)
}

func placeAt(t *testing.T, f *placetest.Kubernetes, h http.Handler, spec string) entrytest.Place {
	s := entrytest.Serve(t, h, f.Changes)
	name := ""
	if strings.Contains(spec, "key=") {
		name = "K"
	}
	return entrytest.Place{
		Scheme: Scheme(&entry.Sessions{}), Spec: spec, Server: s, Secrets: []string{placetest.KubernetesToken}, Name: name, Creates: strings.Contains(spec, "create=1"),
		Options:   deliver.Options{Env: []string{"KUBECONFIG=" + config(t, "server: "+s.URL, "token: "+placetest.KubernetesToken)}, LockDir: filepath.Join(t.TempDir(), "locks")},
		Holds:     f.Holds,
		Meddle:    f.Meddle,
		DenyWrite: func() { f.Verbs = "get" },
		DenyAll:   func() { f.Verbs = "" },
		Remove:    func() { f.Data = nil },
		Wrong: []string{
			"k8s:app", "k8s:/app", "k8s:web/", "k8s:Web/app", "k8s:web/App_1", "k8s:/web/app", "k8s:web/app?key=a b", "k8s:web/app?create=yes",
			"k8s:web/app?force_managed=x", "k8s:web/app?field=key", "k8s:web/app?key=K&prefix=S3_", "k8s:web/" + strings.Repeat("a", 254),
		},
	}
}

func TestContract(t *testing.T) {
	for _, spec := range []string{"k8s:web/app-s3", "k8s:arn:aws:eks:eu-west-1:1:cluster/prod/web/app-s3?key=K", "k8s:web/app-s3?create=1"} {
		t.Run(spec, func(t *testing.T) {
			entrytest.Run(t, func(t *testing.T) entrytest.Place { return place(t, placetest.NewKubernetes(), spec) })
		})
	}
}

// TestConformance holds the requests, and the statuses of the fake, against the
// OpenAPI document of Kubernetes.
func TestConformance(t *testing.T) {
	document := entrytest.OpenDocument(t, "kubernetes/api__v1_openapi.json")
	f := placetest.NewKubernetes()
	d := placeAt(t, f, document.Hold(f), "k8s:web/app-s3?create=1").Open(t)
	for range 2 {
		require.NoError(t, d.Check(t.Context()))
		require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
		require.NoError(t, d.ReadBack(t.Context(), entrytest.Pair("s3cret")))
		f.Data = nil // the next one is created
	}
}

func TestSpecNamesTheContext(t *testing.T) {
	assert.Equal(t, "k8s:arn:aws:eks:eu-west-1:1:cluster/prod/web/app-s3?key=K", place(t, placetest.NewKubernetes(), "k8s:web/app-s3?key=K").Open(t).Spec())
}

func TestManagedAndImmutable(t *testing.T) {
	for name, meta := range map[string]map[string]any{
		"ExternalSecret app": {"ownerReferences": []any{map[string]any{"kind": "ExternalSecret", "name": "app"}}},
		"Helm":               {"labels": map[string]any{"app.kubernetes.io/managed-by": "Helm"}},
		"Argo CD":            {"annotations": map[string]any{"argocd.argoproj.io/tracking-id": "x"}},
		"External Secrets":   {"labels": map[string]any{"reconcile.external-secrets.io/managed": "true"}},
	} {
		f := placetest.NewKubernetes()
		f.Meta = meta
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
	f := placetest.NewKubernetes()
	f.Fixed = true
	require.ErrorIs(t, place(t, f, "k8s:web/app-s3").Open(t).Check(t.Context()), provider.ErrRefused)
	f = placetest.NewKubernetes()
	f.Meta = map[string]any{"labels": map[string]any{"app.kubernetes.io/managed-by": "kustomize"}}
	require.NoError(t, place(t, f, "k8s:web/app-s3").Open(t).Check(t.Context()))
}

func TestMissing(t *testing.T) {
	f := placetest.NewKubernetes()
	f.Data = nil
	err := place(t, f, "k8s:web/app-s3").Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrNotFound)
	assert.Contains(t, provider.HintOf(err), "create=1")
	d := place(t, f, "k8s:web/app-s3?create=1").Open(t)
	require.NoError(t, d.Check(t.Context()))
	assert.Empty(t, f.Holds())
	f.Gone = true
	require.ErrorIs(t, d.Check(t.Context()), provider.ErrNotFound)
}

// TestWays is how a kubeconfig can say who one is, over TLS.
func TestWays(t *testing.T) {
	f := placetest.NewKubernetes()
	s := httptest.NewTLSServer(f)
	t.Cleanup(s.Close)
	authority := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	dir := t.TempDir()
	entrytest.File(t, filepath.Join(dir, "token"), placetest.KubernetesToken+"\n")
	entrytest.File(t, filepath.Join(dir, "ca.crt"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	server := "server: " + s.URL + ", certificate-authority-data: " + authority
	for name, c := range map[string]struct{ server, user, trouble string }{
		"a token":              {server, "token: " + placetest.KubernetesToken, ""},
		"a token file":         {server, "tokenFile: " + filepath.Join(dir, "token"), ""},
		"a file of the CA":     {"server: " + s.URL + ", certificate-authority: " + filepath.Join(dir, "ca.crt"), "token: " + placetest.KubernetesToken, ""},
		"another name":         {server + ", tls-server-name: example.com", "token: " + placetest.KubernetesToken, ""},
		"a wrong name":         {server + ", tls-server-name: other.test", "token: " + placetest.KubernetesToken, "certificate"},
		"no check":             {"server: " + s.URL + ", insecure-skip-tls-verify: true", "token: " + placetest.KubernetesToken, ""},
		"an unknown CA":        {"server: " + s.URL, "token: " + placetest.KubernetesToken, "certificate"},
		"no token":             {server, "token: wrong", "401"},
		"an auth-provider":     {server, "auth-provider: {name: gcp}", "auth-provider"},
		"impersonation":        {server, "token: " + placetest.KubernetesToken + ", as: root", "impersonates"},
		"a proxy that is away": {server + ", proxy-url: 'http://127.0.0.1:1'", "token: " + placetest.KubernetesToken, "not sent"},
		"a plain address":      {"server: http://cluster.example.com", "token: " + placetest.KubernetesToken, "the server of the kubeconfig"},
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
			assert.NotContains(t, err.Error(), placetest.KubernetesToken)
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
	assert.Equal(t, "cluster "+s.URL, (&secret{server: c.Server}).Within())
}

// TestPlugin runs a program that issues tokens, again when one was refused.
func TestPlugin(t *testing.T) {
	f := placetest.NewKubernetes()
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
	f.Tokens = map[string]bool{"token-1": true}
	d := p.Open(t)
	require.NoError(t, d.Check(t.Context()))
	require.NoError(t, p.Open(t).Check(t.Context()), "one run serves all destinations")
	f.Tokens = map[string]bool{"token-2": true}
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")), "the token had expired")
	f.Tokens = nil
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
	p := place(t, placetest.NewKubernetes(), "k8s:web/app-s3")
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

// Contexts of two clusters often have one name. What a rotation has begun at one is neither
// read nor written at the other.
func TestAClusterOfTheSameName(t *testing.T) {
	first, second := placetest.NewKubernetes(), placetest.NewKubernetes()
	open := func(p entrytest.Place) (deliver.Destination, string) {
		d := p.Open(t)
		require.NoError(t, d.Check(t.Context()))
		return d, d.(entry.Located).Within()
	}
	one, other := place(t, first, "k8s:web/app-s3?key=K&create=1"), place(t, second, "k8s:web/app-s3?key=K&create=1")
	d, within := open(one)
	assert.Equal(t, "cluster "+one.Server.URL, within)
	elsewhere, where := open(other)
	require.Equal(t, d.Spec(), elsewhere.Spec())
	require.NotEqual(t, within, where)

	d.(entry.Binder).Bind(within)
	elsewhere.(entry.Binder).Bind(within)
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
	require.NoError(t, d.ReadBack(t.Context(), entrytest.Pair("s3cret")))
	held := second.Holds()
	for range 2 {
		for _, err := range []error{elsewhere.Check(t.Context()), elsewhere.Write(t.Context(), entrytest.Pair("s3cret")), elsewhere.ReadBack(t.Context(), entrytest.Pair("s3cret"))} {
			require.ErrorIs(t, err, entry.ErrElsewhere)
			require.ErrorIs(t, err, provider.ErrDenied)
			require.ErrorContains(t, err, "it is in "+where+" now, but this rotation was started in "+within)
			assert.Equal(t, "use the credentials for "+within, provider.HintOf(err))
		}
		assert.Equal(t, held, second.Holds())
		second.Gone = true // nor is that the Secret is not found there taken for that of the first
	}
}
