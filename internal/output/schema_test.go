package output_test

import (
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/schematest"
)

// wrong returns what a schema says against a text.
func wrong(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	require.NoError(t, err, text)
	return s.Validate(v)
}

func TestOutputIsAsTheSchemasSay(t *testing.T) {
	p := output.Printer{Format: parse(t, "json", "")}
	require.NoError(t, wrong(t, schematest.Strict(t, "list"), list(t, p, two())))
	require.NoError(t, wrong(t, schematest.Strict(t, "list"), list(t, p, listing(nil))))

	credential := schematest.Strict(t, "credential")
	for _, c := range []provider.Credential{full(), least(), tricky()} {
		for _, reveal := range []bool{false, true} {
			p.Reveal = reveal
			require.NoError(t, wrong(t, credential, one(t, p, c)))
		}
	}
	p.Format = parse(t, "jsonl", "")
	for line := range strings.Lines(list(t, p, two())) {
		require.NoError(t, wrong(t, credential, line))
	}
}

func TestSchemasTellWhatIsRight(t *testing.T) {
	for _, c := range []struct {
		schema, text string
		right        bool
	}{
		{"credential", `{"provider":"p","kind":"k","id":"1"}`, true},
		{"credential", `{"provider":"p","kind":"k"}`, false},
		{"credential", `{"provider":"p","kind":"k","id":"1","new_field":"x"}`, true},
		{"credential", `{"provider":"p","kind":"k","id":"1","name":""}`, false},
		{"credential", `{"provider":"p","kind":"k","id":"1","created":"2026-01-02T03:04:05+01:00"}`, false},
		{"credential", `{"provider":"p","kind":"k","id":"1","created":"yesterdayZ"}`, false},
		{"list", `[{"provider":"p","kind":"k","id":1}]`, false},
		{"error", `{"error":{"code":"denied","exit":3,"message":"no"}}`, true},
		{"error", `{"error":{"code":"denied","exit":3,"provider":"p","verb":"get","id":"1","message":"no","vendor_code":"x","status":403,"request_id":"r","hint":"h"}}`, true},
		{"error", `{"error":{"code":"denied","exit":0,"message":"no"}}`, false},
		{"error", `{"error":{"code":"denied","exit":3,"message":"no","new_field":"x"}}`, true},
		{"error", `{}`, false},
		{"result", `{"provider":"p","kind":"k","id":"1","result":"gone"}`, true},
		{"result", `[{"provider":"p","kind":"k","id":"1","result":"deleted"},{"provider":"p","kind":"k","id":"2","result":"failed","error":{"code":"x","exit":1,"message":"m"}}]`, true},
		{"result", `{"provider":"p","kind":"k","id":"1","result":"failed"}`, false},
		{"result", `{"provider":"p","kind":"k","id":"1","result":"deleted","error":{"code":"x","exit":1,"message":"m"}}`, false},
		{"result", `{"provider":"p","kind":"k","id":"1","result":"removed"}`, false},
		{"rotation-list", `[]`, true},
		{"rotation-list", `[{"operation":"r1","provider":"p","kind":"k","id":"2","name":"n","old_id":"1","new_id":"2","state":"grace","strategy":"replace","started":"2026-01-02T03:04:05Z","updated":"2026-01-02T03:04:05Z","retires":"2026-01-03T03:04:05Z","destinations":[{"to":"file:x","state":"delivered","proof":"value","proved_at":"2026-01-02T03:04:05Z"}],"error":"x"}]`, true},
		{"rotation-list", `[{"operation":"r1","state":"over"}]`, false},
		{"rotation-list", `[{"id":"r1","state":"done"}]`, false},
		{"rotation-list", `[{"operation":"r1","state":"done","new_field":"x"}]`, true},
		{"rotation-check", `[{"operation":"r1","state":"done","destinations":[{"to":"file:x","state":"delivered","drift":true}]}]`, true},
		{"rotation-check", `[{"operation":"r1","state":"done","destinations":[{"to":"file:x","state":"delivered","drift":"yes"}]}]`, false},
		{"rotation-show", `{"operation":"r1","state":"done"}`, false},
		{"rotate", `{"provider":"p","kind":"k","id":"2","old_id":"1","changed":true,"reason":"requested","message":"m"}`, true},
		{"rotate", `{"provider":"p","kind":"k","id":"2","old_id":"1","changed":true,"reason":"it was asked for"}`, false},
		{"rotate", `{"provider":"p","kind":"k","id":"2","old_id":"1","changed":true}`, false},
		{"rotate-policy", `[{"provider":"p","kind":"k","id":"2","name":"web","changed":false,"reason":"not_due","due":false,"due_at":"2026-01-03T03:04:05Z","age_seconds":3}]`, true},
		{"rotate-policy", `[{"provider":"p","kind":"k","id":"2","name":"web","changed":false,"reason":"not_due"}]`, false},
		{"plan", `{"provider":"p","kind":"k","id":"2","reason":"requested","steps":["verify"],"checks":[{"what":"read","ok":true}],"destructive":false}`, true},
		{"plan", `{"provider":"p","kind":"k","id":"2","reason":"requested","steps":["verify"],"destructive":false}`, false},
	} {
		err := wrong(t, schematest.Published(t, c.schema), c.text)
		if c.right {
			assert.NoError(t, err, c.text)
		} else {
			assert.Error(t, err, c.text)
		}
	}
}
