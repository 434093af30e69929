// Package schematest holds what the program prints against the JSON Schemas that
// docs/schema publishes.
package schematest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// base is where the schemas are while they refer to each other.
const base = "https://schema.test/"

// Published returns the published schema with this name, such as credential.
func Published(t testing.TB, name string) *jsonschema.Schema {
	t.Helper()
	return compile(t, name, func(any) {})
}

// Strict returns a published schema that allows no field that it does not describe:
// a field that the program prints must be documented.
func Strict(t testing.TB, name string) *jsonschema.Schema {
	t.Helper()
	return compile(t, name, func(doc any) { forbidMore(doc, false) })
}

// Valid checks that text is one JSON value that a schema allows.
func Valid(t testing.TB, s *jsonschema.Schema, what, text string) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if assert.NoError(t, err, "%s: %s", what, text) {
		assert.NoError(t, s.Validate(v), "%s: %s", what, text)
	}
}

func compile(t testing.TB, name string, change func(doc any)) *jsonschema.Schema {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), "docs", "schema", "*.json"))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for _, f := range files {
		b, err := os.ReadFile(f) //nolint:gosec // G304: it is among the schemas
		require.NoError(t, err)
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
		require.NoError(t, err, f)
		change(doc)
		require.NoError(t, c.AddResource(base+filepath.Base(f), doc))
	}
	s, err := c.Compile(base + name + ".schema.json")
	require.NoError(t, err)
	return s
}

// root is the folder of the module.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		require.NotEqual(t, dir, parent, "the tests run outside of the module")
		dir = parent
	}
}

// forbidMore closes every schema of a whole object. What allOf refers to is a part
// of one: such definitions have a name that ends in Fields.
func forbidMore(v any, part bool) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			forbidMore(one, part)
		}
	case map[string]any:
		for name, one := range v {
			switch name {
			case "properties", "$defs":
				for field, schema := range one.(map[string]any) {
					forbidMore(schema, strings.HasSuffix(field, "Fields"))
				}
			case "allOf", "if", "then", "else", "not":
				forbidMore(one, true)
			default:
				forbidMore(one, false)
			}
		}
		if (v["properties"] != nil || v["allOf"] != nil) && !part {
			v["unevaluatedProperties"] = false
		}
	}
}
