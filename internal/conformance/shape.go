package conformance

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ShapeDiff compares two JSON texts by their names and types, and returns what is
// otherwise in got: ".items[].name: null, not string". The elements of an array
// count as one, whose types stand side by side. An array without elements fits any.
func ShapeDiff(t testing.TB, want, got string) (diff []string) {
	t.Helper()
	wants, gots := shape(t, want), shape(t, got)
	all := maps.Clone(wants)
	maps.Copy(all, gots)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		w, g := wants[path], gots[path]
		switch {
		case w == g || empty(path, wants) || empty(path, gots):
		case w == "":
			diff = append(diff, path+": unknown")
		case g == "":
			diff = append(diff, path+": missing")
		default:
			diff = append(diff, path+": "+g+", not "+w)
		}
	}
	return diff
}

// empty reports whether path is of the elements of an array that has none in the shape.
func empty(path string, in map[string]string) bool {
	for at := range len(path) {
		if strings.HasPrefix(path[at:], "[]") && in[path[:at]] == "array" && in[path[:at+2]] == "" {
			return true
		}
	}
	return false
}

// shape is the type of each value in a JSON text, under its path.
func shape(t testing.TB, text string) map[string]string {
	t.Helper()
	types := map[string]string{}
	if text == "" {
		return types
	}
	var v any
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	shapeOf(types, "", v)
	return types
}

func shapeOf(types map[string]string, path string, v any) {
	add := func(kind string) {
		kinds := append(strings.Split(types[path], "|"), kind)
		slices.Sort(kinds)
		kind = strings.TrimPrefix(strings.Join(slices.Compact(kinds), "|"), "|")
		types[path] = kind
	}
	add(jsonType(v))
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			shapeOf(types, path+"."+name, member)
		}
	case []any:
		for _, item := range v {
			shapeOf(types, path+"[]", item)
		}
	}
}

// jsonType is the type of a decoded value, in the words of JSON Schema.
func jsonType(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		if v == math.Trunc(v) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
