package losant

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/conformance"
)

// TestConformance holds the table of types against the schemas of Losant.
func TestConformance(t *testing.T) {
	published := conformance.OpenPublished(t, vendor)
	post, patch, shown := published.Schema("schemas/credentialPost.json"), published.Schema("schemas/credentialPatch.json"), published.Schema("schemas/credential.json")
	assert.Equal(t, texts(post.Properties["type"].Enum), typeNames())
	for _, s := range services {
		t.Run(s.name, func(t *testing.T) {
			conforms(t, s, post.Properties[s.config()], shown.Properties[s.config()])
			assert.ElementsMatch(t, sorted(post.Properties[s.config()].Properties), sorted(patch.Properties[s.config()].Properties))
		})
	}
}

func conforms(t *testing.T, s service, post, shown *conformance.Schema) {
	t.Helper()
	assert.ElementsMatch(t, sorted(post.Properties), s.writable())
	for _, f := range s.fields {
		_, readable := shown.Properties[f.name]
		assert.Equal(t, readable, !f.secret && !f.writeOnly, "%s can be read", f.name)
		if f.readOnly {
			continue
		}
		p := post.Properties[f.name]
		if len(p.OneOf) > 0 {
			assert.True(t, f.nullable, f.name)
			p = p.OneOf[0]
		}
		want := field{
			name: f.name, min: p.MinLength + p.Minimum, max: p.MaxLength + p.Maximum, values: texts(p.Enum),
			kind: map[any]valueKind{"string": text, "integer": number, "boolean": truth}[p.Type],
		}
		assert.Equal(t, want, field{name: f.name, min: f.min, max: f.max, values: f.values, kind: f.kind})
		if !slices.Contains([]string{"snowflake", "git"}, s.name) { // they have an anyOf
			assert.Equal(t, slices.Contains(post.Required, f.name), f.required, f.name)
		}
	}
}

func texts(values []any) (all []string) {
	for _, v := range values {
		all = append(all, fmt.Sprint(v))
	}
	return all
}
