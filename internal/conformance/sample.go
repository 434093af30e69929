package conformance

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// Sample returns a JSON text that fits a schema. Every property is there, and
// none is null; texts differ where the schema lets them.
func Sample(t testing.TB, s *jsonschema.Schema) string {
	t.Helper()
	b, err := json.Marshal(sample(s, "it", new(int)))
	require.NoError(t, err)
	require.Empty(t, Check(t, s, string(b)), "a sample fits its own schema")
	return string(b)
}

// sample makes a value; n counts those that were made.
func sample(s *jsonschema.Schema, name string, n *int) any {
	if s.Ref != nil {
		return sample(s.Ref, name, n)
	}
	*n++
	if s.Enum != nil {
		return s.Enum.Values[0]
	}
	if choice := slices.Concat(s.AllOf, s.OneOf, s.AnyOf); s.Properties == nil && len(choice) > 0 {
		return sample(choice[0], name, n)
	}
	var types []string
	if s.Types != nil {
		types = s.Types.ToStrings()
	}
	switch {
	case s.Properties == nil && slices.Contains(types, "string"):
		return sampleText(s, name, *n)
	case slices.Contains(types, "boolean"):
		return true
	case slices.Contains(types, "integer"), slices.Contains(types, "number"):
		if s.Minimum != nil {
			least, _ := s.Minimum.Float64()
			return int(least) + *n
		}
		return 1 + *n
	case slices.Contains(types, "array"):
		if items, is := s.Items.(*jsonschema.Schema); is {
			return []any{sample(items, name, n)}
		}
		return []any{}
	}
	object := map[string]any{}
	for member, p := range s.Properties {
		object[member] = sample(p, member, n)
	}
	return object
}

func sampleText(s *jsonschema.Schema, name string, n int) string {
	switch {
	case s.Format != nil && s.Format.Name == "uuid":
		return fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	case s.Format != nil && s.Format.Name == "date-time":
		return fmt.Sprintf("2026-01-02T03:%02d:%02d.000Z", n/60%60, n%60)
	case s.Pattern != nil:
		return fmt.Sprintf("%024x", n) // the only pattern of a whole text is that of Losant's IDs
	}
	text := fmt.Sprintf("%s-%d", name, n)
	for s.MinLength != nil && len(text) < *s.MinLength {
		text += "-"
	}
	return text
}
