package sandbox

import (
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/conformance"
)

// TestLosantConformance holds the answers of the sandbox against Losant's schemas,
// with a credential of each type that has all that its schema takes.
func TestLosantConformance(t *testing.T) {
	published := conformance.OpenPublished(t, "losant")
	schema := func(name string) *jsonschema.Schema { return published.Schema("schemas/" + name + ".json") }
	s := start(t, Options{})
	c := s.client(t, "losant")
	root := "/applications/" + losantApplication + "/credentials"
	holds := func(name string, status int, r reply) {
		t.Helper()
		assert.Equal(t, status, r.status, r.body)
		assert.Empty(t, conformance.Check(t, schema(name), r.body), name)
	}
	post, patch := schema("credentialPost"), schema("credentialPatch")
	require.Len(t, post.Properties["type"].Enum.Values, len(losantTypes))
	for _, kind := range losantTypes {
		t.Run(kind, func(t *testing.T) {
			config := kind + "Config"
			body := `{"name":"of-` + kind + `","type":"` + kind + `","description":"d","enabled":false,"` + config + `":` + conformance.Sample(t, post.Properties[config]) + `}`
			require.Empty(t, conformance.Check(t, post, body))
			made := c.do("POST", root, body)
			holds("credential", 201, made)
			id := made.text(t, "id")
			holds("credential", 200, c.do("GET", root+"/"+id, ""))
			change := `{"name":"` + kind + `","` + config + `":` + conformance.Sample(t, patch.Properties[config]) + `}`
			require.Empty(t, conformance.Check(t, patch, change))
			holds("credential", 200, c.do("PATCH", root+"/"+id, change))
			holds("credentialLinkedResources", 200, c.do("GET", root+"/"+id+"/linkedResources", ""))
		})
	}
	holds("credentials", 200, c.do("GET", root, ""))
	for _, k := range s.Credentials("losant") {
		if !k.Live {
			continue
		}
		holds("credentialLinkedResources", 200, c.do("GET", root+"/"+k.ID+"/linkedResources", ""))
		holds("success", 200, c.do("DELETE", root+"/"+k.ID, ""))
		holds("error", 404, c.do("GET", root+"/"+k.ID, ""))
	}
	for _, status := range []int{400, 401, 403, 404, 429, 500, 503} {
		assert.Empty(t, conformance.Check(t, schema("error"), string(encode((&losant{}).refuse(status, "").body))))
	}
}
