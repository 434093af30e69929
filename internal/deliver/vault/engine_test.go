package vault

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/deliver/entry/entrytest"
	"github.com/credctl/credctl/internal/deliver/entry/placetest"
)

// An engine is the key-value engine of Vault itself.
type engine struct{ url string }

// start runs the program of .ci/vaultkv.
func start(t *testing.T) engine {
	binary, err := exec.LookPath(filepath.Join("..", "..", "..", "bin", "vaultkv"))
	if err != nil {
		t.Skip("no engine of Vault to test with: run `make bin/vaultkv` first, as CI does")
	}
	cmd := exec.CommandContext(t.Context(), binary)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return engine{strings.TrimSpace(line)}
}

// do is what another program may ask for.
func (e engine) do(t *testing.T, method, path string, body any, out any) int {
	var b []byte
	if body != nil {
		var err error
		b, err = json.Marshal(body)
		require.NoError(t, err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, e.url+"/v1/secret/"+path, bytes.NewReader(b))
	require.NoError(t, err)
	if method == http.MethodPatch {
		r.Header.Set("Content-Type", "application/merge-patch+json")
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	if out != nil {
		require.NoError(t, json.NewDecoder(resp.Body).Decode(out))
	}
	return resp.StatusCode
}

func (e engine) place(t *testing.T, path, options string) entrytest.Place {
	require.Equal(t, 200, e.do(t, http.MethodPost, "data/"+path, map[string]any{"data": map[string]any{"other": "stays"}}, nil))
	s := entrytest.Serve(t, forward(e.url), (&placetest.Vault{}).Changes)
	name := ""
	if strings.Contains(options, "key=") {
		name = "K"
	}
	return entrytest.Place{
		Scheme: Scheme(&entry.Sessions{}), Spec: "vault:secret/" + path + options, Server: s, Name: name, Creates: true, Secrets: []string{placetest.VaultToken},
		Options: deliver.Options{Env: []string{"VAULT_ADDR=" + s.URL, "VAULT_TOKEN=" + placetest.VaultToken}, LockDir: filepath.Join(t.TempDir(), "locks")},
		Holds: func() map[string]string {
			var got struct {
				Data struct{ Data map[string]string }
			}
			e.do(t, http.MethodGet, "data/"+path, nil, &got)
			return got.Data.Data
		},
		Meddle: func() {
			e.do(t, http.MethodPatch, "data/"+path, map[string]any{"data": map[string]any{"theirs": "new"}}, nil)
		},
		Remove: func() { e.do(t, http.MethodDelete, "data/"+path, nil, nil) },
	}
}

// forward passes requests on, so that they can be lost on the way.
type forward string

func (f forward) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out := r.Clone(r.Context())
	out.RequestURI = ""
	out.URL.Scheme, out.URL.Host = "http", strings.TrimPrefix(string(f), "http://")
	resp, err := http.DefaultTransport.RoundTrip(out)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	w.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
	w.WriteHeader(resp.StatusCode)
	_, _ = bufio.NewReader(resp.Body).WriteTo(w)
}

// TestContractAtTheEngine runs at the engine that Vault itself has.
func TestContractAtTheEngine(t *testing.T) {
	e, n := start(t), 0
	for _, options := range []string{"", "?key=K"} {
		entrytest.Run(t, func(t *testing.T) entrytest.Place {
			n++
			return e.place(t, fmt.Sprintf("apps/web %d", n), options)
		})
	}
	p := e.place(t, "apps/old", "?destroy_old=1")
	p.Spec = "vault:secret/apps/new" // which is not there
	require.NoError(t, p.Open(t).Check(t.Context()))
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
	require.NoError(t, p.Open(t).ReadBack(t.Context(), entrytest.Pair("s3cret")))

	p.Spec = "vault:secret/apps/old?destroy_old=1"
	d := p.Open(t)
	for _, secret := range []string{"old", "new"} {
		require.NoError(t, d.Write(t.Context(), entrytest.Pair(secret)))
	}
	require.NoError(t, d.(deliver.Retirer).Retire(t.Context()))
	assert.Equal(t, 404, e.do(t, http.MethodGet, "data/apps/old?version=2", nil, nil), "destroyed")
	assert.Equal(t, 200, e.do(t, http.MethodGet, "data/apps/old?version=1", nil, nil))
	require.NoError(t, d.ReadBack(t.Context(), entrytest.Pair("new")))
}
