package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// A Schema is as much of a JSON Schema, or of one in an OpenAPI document, as
// matters to names and types.
type Schema struct {
	Ref        string             `json:"$ref"`
	Type       any                `json:"type"`
	Nullable   bool               `json:"nullable"`
	Format     string             `json:"format"`
	Pattern    string             `json:"pattern"`
	Enum       []any              `json:"enum"`
	Properties map[string]*Schema `json:"properties"`
	Additional json.RawMessage    `json:"additionalProperties"`
	Required   []string           `json:"required"`
	Items      *Schema            `json:"items"`
	AllOf      []*Schema          `json:"allOf"`
	OneOf      []*Schema          `json:"oneOf"`
	AnyOf      []*Schema          `json:"anyOf"`

	to *Schema // what Ref refers to

	MinLength int `json:"minLength"`
	MaxLength int `json:"maxLength"`
	Minimum   int `json:"minimum"`
	Maximum   int `json:"maximum"`
}

// Check returns what is wrong with a JSON text by the schema: names that it does
// not know or misses, types, and values outside of an enumeration, format or
// pattern. Each complaint begins with a path.
func (s *Schema) Check(t testing.TB, text string) []string {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	return s.check("", v)
}

func (s *Schema) check(path string, v any) (wrong []string) {
	complain := func(format string, args ...any) { wrong = append(wrong, path+": "+fmt.Sprintf(format, args...)) }
	if v == nil && s.null() {
		return nil
	}
	if s.to != nil {
		return s.to.check(path, v)
	}
	if kinds := s.types(); len(kinds) > 0 && !slices.Contains(kinds, jsonType(v)) && (jsonType(v) != "integer" || !slices.Contains(kinds, "number")) {
		complain("%s, not %s", jsonType(v), strings.Join(kinds, " or "))
		return wrong
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		complain("%v is none of %v", v, s.Enum)
	}
	if said, is := v.(string); is && !s.form(said) {
		complain("%q has not the form %s%s", said, s.Format, s.Pattern)
	}
	for _, part := range s.AllOf {
		wrong = append(wrong, part.check(path, v)...)
	}
	for _, choice := range [][]*Schema{s.OneOf, s.AnyOf} {
		wrong = append(wrong, anyOf(choice, path, v)...)
	}
	switch v := v.(type) {
	case map[string]any:
		wrong = append(wrong, s.members(path, v)...)
	case []any:
		for _, item := range v {
			if s.Items != nil {
				wrong = append(wrong, s.Items.check(path+"[]", item)...)
			}
		}
	}
	return wrong
}

func (s *Schema) members(path string, object map[string]any) (wrong []string) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		switch p := s.Properties[name]; {
		case p != nil:
			wrong = append(wrong, p.check(path+"."+name, object[name])...)
		case s.Properties != nil && len(s.AllOf) == 0 && (s.Additional == nil || string(s.Additional) == "false"):
			wrong = append(wrong, path+"."+name+": not in the schema")
		}
	}
	for _, name := range s.Required {
		if _, there := object[name]; !there {
			wrong = append(wrong, path+"."+name+": missing")
		}
	}
	return wrong
}

// anyOf returns the complaints of the choice that has the fewest.
func anyOf(choice []*Schema, path string, v any) (fewest []string) {
	for i, s := range choice {
		wrong := s.check(path, v)
		if i == 0 || len(wrong) < len(fewest) {
			fewest = wrong
		}
	}
	return fewest
}

func (s *Schema) null() bool {
	return s.Nullable || slices.ContainsFunc(s.OneOf, func(o *Schema) bool { return slices.Contains(o.types(), "null") })
}

func (s *Schema) types() (kinds []string) {
	switch kind := s.Type.(type) {
	case string:
		return []string{kind}
	case []any:
		for _, k := range kind {
			kinds = append(kinds, fmt.Sprint(k))
		}
	}
	return kinds
}

func (s *Schema) form(text string) bool {
	switch s.Format {
	case "uuid":
		return provider.IsUUID(text)
	case "date-time":
		_, err := time.Parse(time.RFC3339, text)
		return err == nil
	}
	return s.Pattern == "" || regexp.MustCompile(s.Pattern).MatchString(text)
}
