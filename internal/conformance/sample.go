package conformance

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// Sample returns a JSON text that fits the schema. Every property is there, and
// none is null; texts differ where the schema lets them.
func (s *Schema) Sample(t testing.TB) string {
	t.Helper()
	b, err := json.Marshal(s.sample("it", new(int)))
	require.NoError(t, err)
	require.Empty(t, s.Check(t, string(b)), "a sample fits its own schema")
	return string(b)
}

// sample makes a value; n counts those that were made.
func (s *Schema) sample(name string, n *int) any {
	if s.to != nil {
		return s.to.sample(name, n)
	}
	*n++
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	for _, list := range [][]*Schema{s.AllOf, s.OneOf} {
		if len(list) > 0 && s.Properties == nil {
			return list[0].sample(name, n)
		}
	}
	if s.Properties != nil {
		object := map[string]any{}
		for member, p := range s.Properties {
			object[member] = p.sample(member, n)
		}
		return object
	}
	kinds := s.types()
	if len(kinds) == 0 {
		return map[string]any{}
	}
	switch kinds[0] {
	case "string":
		return s.sampleText(name, *n)
	case "integer", "number":
		return max(s.Minimum, 1) + *n
	case "boolean":
		return true
	case "array":
		if s.Items != nil {
			return []any{s.Items.sample(name, n)}
		}
		return []any{}
	}
	return map[string]any{}
}

func (s *Schema) sampleText(name string, n int) string {
	switch {
	case s.Format == "uuid":
		return fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	case s.Format == "date-time":
		return fmt.Sprintf("2026-01-02T03:%02d:%02d.000Z", n/60%60, n%60)
	case s.Pattern != "":
		return fmt.Sprintf("%024x", n) // the only pattern of a whole text is that of Losant's IDs
	}
	text := fmt.Sprintf("%s-%d", name, n)
	for len(text) < s.MinLength {
		text += "-"
	}
	return text
}
