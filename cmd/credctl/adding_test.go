package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/cmd/credctl/testdata/acme"
	"github.com/credctl/credctl/internal/cli"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/providertest"
	"github.com/credctl/credctl/internal/provider/vendortest"
)

// acmeServer starts the API of the example vendor, with a credential of each kind.
func acmeServer(t *testing.T) *httptest.Server {
	type record struct {
		ID, Name, Secret string
		created          time.Time
	}
	var mu sync.Mutex
	first := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	records := map[string][]record{"/v1/api-keys": {{"key1", "web", "old-key", first}}, "/v1/deploy-tokens": {{"token1", "ci", "old-token", first}}}
	shown := func(r record, more string) string {
		return fmt.Sprintf(`{"id":%q,"name":%q,"created_at":%q%s}`, r.ID, r.Name, r.created.Format(time.RFC3339Nano), more)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		path, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/"), "/")
		path = "/v1/" + path
		at := slices.IndexFunc(records[path], func(x record) bool { return x.ID == id })
		switch {
		case path == "/v1/whoami":
			for _, x := range slices.Concat(records["/v1/api-keys"], records["/v1/deploy-tokens"]) {
				if r.Header.Get("Authorization") == "Bearer "+x.Secret {
					reply(w, 200, "{}")
					return
				}
			}
			reply(w, 401, `{"error":"unknown secret"}`)
		case r.Header.Get("Authorization") != "Bearer "+vendorsKey:
			reply(w, 401, `{"error":"unknown token"}`)
		case r.Method == http.MethodPost:
			var in struct{ Name string }
			assert.NoError(t, json.NewDecoder(r.Body).Decode(&in))
			made := record{fmt.Sprintf("new%d", len(records[path])), in.Name, "secret-of-" + in.Name, time.Now().UTC()}
			records[path] = append(records[path], made)
			reply(w, 201, shown(made, fmt.Sprintf(`,"secret":%q`, made.Secret)))
		case id == "":
			var all []string
			for _, x := range records[path] {
				all = append(all, shown(x, ""))
			}
			reply(w, 200, `{"items":[`+strings.Join(all, ",")+`]}`)
		case at < 0:
			reply(w, 404, `{"error":"not found"}`)
		case r.Method == http.MethodDelete:
			records[path] = slices.Delete(records[path], at, at+1)
			w.WriteHeader(204)
		default:
			reply(w, 200, shown(records[path][at], ""))
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// TestAddingAVendor adds a vendor with two kinds as docs/development.md says: all
// commands know it, without a line elsewhere and without a sandbox.
func TestAddingAVendor(t *testing.T) {
	t.Parallel()
	server := acmeServer(t)
	dir := t.TempDir()
	env := append(privateVariables(t), "CREDCTL_ACME_BASE_URL="+server.URL, "ACME_TOKEN="+vendorsKey, "PATH="+os.Getenv("PATH"))
	vendors := func() []provider.Provider { return append(providers(), acme.Provider()) }
	acme := func(args ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		status := cli.Execute(t.Context(), cli.New(vendors, noDestinations, env, strings.NewReader(""), &stdout, &stderr), args)
		require.Equal(t, 0, status, "%s: %s", args, stderr.String())
		assert.NotContains(t, stderr.String(), "secret-of-")
		return stdout.String()
	}
	for _, c := range []struct {
		command  []string
		id, name string
		variable string
	}{
		{[]string{"acme"}, "key1", "web", "ACME_API_KEY"},
		{[]string{"acme", "deploy-token"}, "token1", "ci", "ACME_DEPLOY_TOKEN"},
	} {
		do := func(args ...string) string {
			t.Helper()
			return acme(slices.Concat(c.command, args)...)
		}
		target := filepath.Join(dir, c.name)
		require.NoError(t, os.WriteFile(target, nil, 0o600))
		assert.Equal(t, c.id+"\n", do("list", "-o", "name"))
		assert.Contains(t, do("get", c.id, "-o", "json"), `"name": "`+c.name+`"`)
		assert.Contains(t, do("create", "--name", "more", "-o", "dotenv"), c.variable+"=secret-of-more\n")
		assert.Contains(t, do("rotate", c.id, "--dry-run", "--to", "dotenv:"+target), c.id)
		do("rotate", c.id, "--yes", "--to", "dotenv:"+target)
		delivered, err := os.ReadFile(target)
		require.NoError(t, err)
		assert.Contains(t, string(delivered), c.variable+"=secret-of-"+c.name+"\n")
		assert.NotContains(t, do("list", "-o", "name"), c.id)
		do("delete", "new1", "--yes")
		assert.Equal(t, "new2\n", do("list", "-o", "name"))
		assert.Contains(t, do("rotate", "--help"), "credctl "+strings.Join(c.command, " ")+" rotate")
		assert.Contains(t, acme(slices.Concat([]string{"__complete"}, c.command, []string{"ro"})...), "rotate\t")
	}
	assert.Equal(t, "new2\nnew2\n", acme("list", "-o", "name"), "both kinds")
	help := acme("acme", "--help")
	assert.Contains(t, help, "\n  deploy-token  Manage deploy tokens\n")
	assert.Contains(t, help, "\n  list          List all API keys\n", "in a column with the longest name")
	assert.Contains(t, acme("auth", "status", "acme", "-o", "csv"), "acme,")
	assert.Contains(t, acme("rotation", "list", "-o", "json"), "[")
	acme("docs", "schema", dir)
	schema, err := os.ReadFile(filepath.Join(dir, "config.schema.json"))
	require.NoError(t, err)
	assert.Contains(t, string(schema), `"#/$defs/acme"`)

	policy := filepath.Join(dir, "policy.yaml")
	require.NoError(t, os.WriteFile(policy, []byte(`rotations:
  - {name: a, provider: acme, id: new2, max_age: 1d, to: [`+"file:"+filepath.Join(dir, "a")+`]}
  - {name: b, provider: acme, kind: deploy-token, id: new2, max_age: 1d, to: [`+"file:"+filepath.Join(dir, "b")+`]}
`), 0o600))
	acme("rotate", "-f", policy, "--check")
	acme("sandbox", "--", "true")
}

// TestAddingAVendorKeepsTheContract tries the example vendor as its own test would.
func TestAddingAVendorKeepsTheContract(t *testing.T) {
	t.Parallel()
	const one = `{"id":"k1","name":"web","created_at":"2026-01-02T03:04:05Z"`
	samples := map[string]providertest.Samples{}
	for _, k := range acme.Provider().Kinds {
		path := "/v1/" + k.Name + "s"
		samples[k.Name] = providertest.Samples{
			ID:       "k1",
			Settings: map[string]string{"token-file": vendorsKey},
			Inputs:   map[provider.Verb]map[string]string{provider.Create: {"name": "web"}},
			Answers: vendortest.Routes{
				"GET " + path:              `{"items":[` + one + `}]}`,
				"GET " + path + "/{id}":    one + "}",
				"POST " + path:             `201 {"id":"k2","name":"web","created_at":"2026-01-02T03:04:05Z","secret":"s3cret"}`,
				"DELETE " + path + "/{id}": "204",
			}.Handler,
		}
	}
	providertest.Run(t, acme.Provider(), samples)

	text, err := os.ReadFile(filepath.Join("testdata", "acme", "acme.go"))
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "development.md"))
	require.NoError(t, err)
	assert.Contains(t, string(page), fmt.Sprintf("takes %d lines", bytes.Count(text, []byte("\n"))), "what the page says of the example")
}
