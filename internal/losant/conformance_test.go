package losant

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A schema is what is looked at of one of Losant's JSON schemas.
type schema struct {
	Type       any               `json:"type"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
	OneOf      []schema          `json:"oneOf"`
	Enum       []string          `json:"enum"`
	MinLength  int               `json:"minLength"`
	MaxLength  int               `json:"maxLength"`
	Minimum    int               `json:"minimum"`
	Maximum    int               `json:"maximum"`
}

// TestConformance holds the table of types against the schemas of Losant, which
// are not part of this project: CREDCTL_CONFORMANCE names the folder that has
// losant/schemas, from the root of the repository.
func TestConformance(t *testing.T) {
	dir := os.Getenv("CREDCTL_CONFORMANCE")
	if dir == "" {
		t.Skip("CREDCTL_CONFORMANCE is not set")
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join("..", "..", dir)
	}
	load := func(name string) (s schema) {
		b, err := os.ReadFile(filepath.Join(dir, "losant", "schemas", name))
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(b, &s))
		return s
	}
	post, patch, shown := load("credentialPost.json"), load("credentialPatch.json"), load("credential.json")
	assert.Equal(t, post.Properties["type"].Enum, typeNames())
	for _, s := range services {
		t.Run(s.name, func(t *testing.T) {
			conforms(t, s, post.Properties[s.config()], shown.Properties[s.config()])
			assert.ElementsMatch(t, sorted(post.Properties[s.config()].Properties), sorted(patch.Properties[s.config()].Properties))
		})
	}
}

func conforms(t *testing.T, s service, post, shown schema) {
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
			name: f.name, min: p.MinLength + p.Minimum, max: p.MaxLength + p.Maximum, values: p.Enum,
			kind: map[any]valueKind{"string": text, "integer": number, "boolean": truth}[p.Type],
		}
		assert.Equal(t, want, field{name: f.name, min: f.min, max: f.max, values: f.values, kind: f.kind})
		if !slices.Contains([]string{"snowflake", "git"}, s.name) { // they have an anyOf
			assert.Equal(t, slices.Contains(post.Required, f.name), f.required, f.name)
		}
	}
}
