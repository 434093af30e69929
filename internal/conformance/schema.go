package conformance

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"github.com/stretchr/testify/require"
)

// compile returns the schema at a place in a document.
func compile(t testing.TB, document any, names ...string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.AssertFormat()
	require.NoError(t, c.AddResource("document.json", document))
	place := strings.Join(append([]string{""}, names...), "\x00")
	s, err := c.Compile("document.json#" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D", "\x00", "/").Replace(place))
	require.NoError(t, err)
	return s
}

// strict rewrites the schemas in a document, so that objects have no properties but
// those that are described, and null is a type as in JSON Schema.
func strict(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = strict(v[i])
		}
	case map[string]any:
		properties, described := v["properties"].(map[string]any)
		for name := range properties { // which are no schema together
			properties[name] = strict(properties[name])
		}
		for name := range v {
			if name != "properties" {
				v[name] = strict(v[name])
			}
		}
		if described && v["allOf"] == nil && v["additionalProperties"] == nil {
			v["additionalProperties"] = false
		}
		if v["nullable"] == true {
			return map[string]any{"anyOf": []any{v, map[string]any{"type": "null"}}}
		}
	}
	return v
}

// Check returns what is wrong with a JSON text by a schema. Each complaint names a
// place: ".items[].name: missing".
func Check(t testing.TB, s *jsonschema.Schema, text string) []string {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	require.NoError(t, err, text)
	invalid, _ := errors.AsType[*jsonschema.ValidationError](s.Validate(v))
	wrong := complaints(invalid)
	slices.Sort(wrong)
	return slices.Compact(wrong)
}

func complaints(e *jsonschema.ValidationError) (wrong []string) {
	if e == nil {
		return nil
	}
	for _, cause := range e.Causes {
		wrong = append(wrong, complaints(cause)...)
	}
	if len(e.Causes) > 0 {
		return wrong
	}
	at := slices.Clone(e.InstanceLocation)
	for i, name := range at {
		at[i] = "." + name
		if _, err := strconv.Atoi(name); err == nil {
			at[i] = "[]"
		}
	}
	place := strings.Join(at, "")
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			wrong = append(wrong, place+"."+name+": missing")
		}
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			wrong = append(wrong, place+"."+name+": not in the schema")
		}
	default:
		wrong = append(wrong, e.Error())
	}
	return wrong
}

// ShapeDiff compares two JSON texts by their names and types, and returns what is
// otherwise in got. The elements of an array may be like any of those that are
// wanted; an array without elements fits any.
func ShapeDiff(t testing.TB, want, got string) []string {
	t.Helper()
	switch {
	case want == "" && got == "":
		return nil
	case want == "" || got == "":
		return []string{"one of the two is empty"}
	}
	var v any
	require.NoError(t, json.Unmarshal([]byte(want), &v), want)
	return Check(t, compile(t, shape(v)), got)
}

// shape is the schema of values that are like v.
func shape(v any) any {
	switch v := v.(type) {
	case nil:
		return map[string]any{"type": "null"}
	case string:
		return map[string]any{"type": "string"}
	case bool:
		return map[string]any{"type": "boolean"}
	case float64:
		if v != math.Trunc(v) {
			return map[string]any{"type": "number"}
		}
		return map[string]any{"type": "integer"}
	case []any:
		if len(v) == 0 {
			return map[string]any{"type": "array"}
		}
		items := make([]any, len(v))
		for i := range v {
			items[i] = shape(v[i])
		}
		return map[string]any{"type": "array", "items": map[string]any{"anyOf": items}}
	}
	properties, required := map[string]any{}, []any{}
	for name, member := range v.(map[string]any) {
		properties[name], required = shape(member), append(required, name)
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}
