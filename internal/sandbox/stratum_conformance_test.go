package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/conformance"
)

// TestStratumConformance sends the recorded requests in their order, and holds
// each answer against the recorded one, value by value, and against the OpenAPI document.
func TestStratumConformance(t *testing.T) {
	published := conformance.OpenPublished(t, "stratum")
	rec, document := published.Recordings(), published.OpenAPI("openapi.upstream.json")
	m := newMirror(t, "stratum", Options{Deterministic: true})
	m.names["sk_test_EXAMPLE000000000000000000000000000000000001"] = StratumOperatorKey
	m.names["d7c197cc-cfd8-4c52-ab56-bd4de8faa28b"], m.names["Bootstrap operator key"] = "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f500", "Operator"
	for name, ours := range map[string]string{"02-tenant-create-root": stratumTenant, "03-tenant-create-child": stratumStaging, "04-tenant-create-other": stratumGlobex} {
		m.names[rec.Take(name).At(t, "id").(string)] = ours // the tenants of the sandbox are there from the start
	}
	for _, e := range rec.Rest() {
		r := m.send(e)
		m.like(e, r)
		if e.Status == http.StatusCreated && r.status == e.Status {
			m.learn(t, e, r, "id")
			m.learn(t, e, r, "plaintext_key")
		}
		r.body = m.there(r.body)
		if e.Answer == "" {
			assert.Empty(t, r.body, e.Name)
			continue
		}
		want, got := known(t, e.Answer, e, m), known(t, r.body, e, m)
		assert.Equal(t, want, got, e.Name)
		documented(t, document, e, r)
	}
}

// known is an answer without times, and a listing without the keys that are only in
// the sandbox. The recorded server did not write down when a key was used (API.md
// section 6), so that neither that time nor the operator's being dormant counts.
func known(t *testing.T, text string, e conformance.Exchange, m *mirror) any {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal([]byte(blankTimes(text)), &v), text)
	list, is := v.([]any)
	if !is {
		return v
	}
	operator := "d7c197cc-cfd8-4c52-ab56-bd4de8faa28b"
	list = slices.DeleteFunc(list, func(item any) bool {
		id := item.(map[string]any)["id"].(string)
		return m.names[id] == "" || id == operator && strings.HasSuffix(e.Path, "/dormant")
	})
	for _, item := range list {
		assert.Contains(t, item, "last_used_at")
		delete(item.(map[string]any), "last_used_at")
	}
	return list
}

// documented holds an answer against the OpenAPI document of the project, which is
// wrong in several places.
func documented(t *testing.T, document *conformance.OpenAPI, e conformance.Exchange, r reply) {
	t.Helper()
	path := e.Path
	if at := strings.Split(path, "/"); len(at) > 4 && at[4] != "dormant" {
		at[4] = "{id}"
		path = strings.Join(at, "/")
	}
	s := document.Answer(e.Method, path, r.status)
	if s == nil {
		return // 401, 403, 415 and 500, which the document does not list
	}
	wrong := slices.DeleteFunc(conformance.Check(t, s, r.body), func(complaint string) bool {
		return slices.Contains([]string{ // API.md 1: what the server really sends
			".key: missing", ".plaintext_key: not in the schema", ".prefix: missing", ".key_prefix: not in the schema",
			"[].prefix: missing", "[].expires_at: not in the schema",
			".details: not in the schema", ".error.issues: not in the schema", // API.md 4: the shapes of a validation error
			".ancestry_ltree: not in the schema", ".config: not in the schema", ".deleted_at: not in the schema",
			".connection_config: not in the schema", ".sort_order: not in the schema", // of a tenant, as recorded
		}, complaint)
	})
	assert.Empty(t, wrong, e.Name)
}
