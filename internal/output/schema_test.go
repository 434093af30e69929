package output_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
)

// schema compiles one of the published schemas, which refer to each other.
func schema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	dir := filepath.Join("..", "..", "docs", "schema")
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		require.NoError(t, err)
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
		require.NoError(t, err, f.Name())
		require.NoError(t, c.AddResource("https://schema.test/"+f.Name(), doc))
	}
	s, err := c.Compile("https://schema.test/" + name + ".schema.json")
	require.NoError(t, err)
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	require.NoError(t, err, text)
	return s.Validate(v)
}

func TestOutputIsAsTheSchemasSay(t *testing.T) {
	p := output.Printer{Format: parse(t, "json", "")}
	require.NoError(t, validate(t, schema(t, "list"), list(t, p, two())))
	require.NoError(t, validate(t, schema(t, "list"), list(t, p, listing(nil))))

	credential := schema(t, "credential")
	for _, c := range []provider.Credential{full(), least(), tricky()} {
		for _, reveal := range []bool{false, true} {
			p.Reveal = reveal
			require.NoError(t, validate(t, credential, one(t, p, c)))
		}
	}
	p.Format = parse(t, "jsonl", "")
	for line := range strings.Lines(list(t, p, two())) {
		require.NoError(t, validate(t, credential, line))
	}
}

func TestSchemasTellWhatIsRight(t *testing.T) {
	for _, c := range []struct {
		schema, text string
		right        bool
	}{
		{"credential", `{"provider":"p","kind":"k","id":"1"}`, true},
		{"credential", `{"provider":"p","kind":"k"}`, false},
		{"credential", `{"provider":"p","kind":"k","id":"1","nam":"x"}`, false},
		{"credential", `{"provider":"p","kind":"k","id":"1","name":""}`, false},
		{"credential", `{"provider":"p","kind":"k","id":"1","created":"2026-01-02T03:04:05+01:00"}`, false},
		{"credential", `{"provider":"p","kind":"k","id":"1","created":"yesterdayZ"}`, false},
		{"list", `[{"provider":"p","kind":"k","id":1}]`, false},
		{"error", `{"error":{"code":"denied","exit":3,"message":"no"}}`, true},
		{"error", `{"error":{"code":"denied","exit":3,"provider":"p","verb":"get","id":"1","message":"no","vendor_code":"x","status":403,"request_id":"r","hint":"h"}}`, true},
		{"error", `{"error":{"code":"denied","exit":0,"message":"no"}}`, false},
		{"error", `{"error":{"code":"denied","exit":3,"message":"no","body":"x"}}`, false},
		{"error", `{}`, false},
		{"result", `{"provider":"p","kind":"k","id":"1","result":"gone"}`, true},
		{"result", `[{"provider":"p","kind":"k","id":"1","result":"deleted"},{"provider":"p","kind":"k","id":"2","result":"failed","error":{"code":"x","exit":1,"message":"m"}}]`, true},
		{"result", `{"provider":"p","kind":"k","id":"1","result":"failed"}`, false},
		{"result", `{"provider":"p","kind":"k","id":"1","result":"deleted","error":{"code":"x","exit":1,"message":"m"}}`, false},
		{"result", `{"provider":"p","kind":"k","id":"1","result":"removed"}`, false},
		{"rotation", `[]`, true},
		{"rotation", `[{"id":"r1","provider":"p","kind":"k","old_id":"1","new_id":"2","state":"grace","strategy":"replace","started":"2026-01-02T03:04:05Z","updated":"2026-01-02T03:04:05Z","retires":"2026-01-03T03:04:05Z","destinations":[{"to":"file:x","state":"delivered"}],"error":"x"}]`, true},
		{"rotation", `[{"id":"r1","provider":"p","kind":"k","old_id":"1","state":"over","started":"2026-01-02T03:04:05Z"}]`, false},
		{"rotation", `[{"id":"r1","provider":"p","kind":"k","old_id":"1","state":"done","started":"2026-01-02T03:04:05Z","secret":"x"}]`, false},
	} {
		err := validate(t, schema(t, c.schema), c.text)
		if c.right {
			assert.NoError(t, err, c.text)
		} else {
			assert.Error(t, err, c.text)
		}
	}
}
