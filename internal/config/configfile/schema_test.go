package configfile

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// The schema of the configuration accepts what the program accepts.
func TestSchema(t *testing.T) {
	text, err := known().Schema()
	require.NoError(t, err)
	var keys struct {
		Defs map[string]struct {
			Properties map[string]any
		} `json:"$defs"`
		Properties map[string]any
	}
	require.NoError(t, json.Unmarshal(text, &keys))
	for _, p := range vendors() {
		assert.Contains(t, keys.Properties, p.Name)
		assert.ElementsMatch(t, Keys(p), slices.Collect(maps.Keys(keys.Defs[p.Name].Properties)), p.Name)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("https://schema.test/config.json", doc))
	schema, err := c.Compile("https://schema.test/config.json")
	require.NoError(t, err)
	for doc, right := range map[string]bool{
		"default_profile: Work\nprofiles: {Work: {katapult: {org: acme, token_file: token}}, home.lab: {katapult: {token_command: [pass, show]}}}\nstratum: {bearer_token_file: ~/jwt}": true,
		"katapult: {token_command: id}":    true,
		"katapult: {org: 5}":               true,
		"profiles: {a: }":                  true,
		"katapult: {orgg: 5}":              false,
		"profiles: {a: {org: x}}":          false,
		"profiles: {'a::b': {}}":           false,
		"katapult: {org: [x]}":             false,
		"katapult: {token_command: [[x]]}": false,
		"unknown: {}":                      false,
		"katapult: text":                   false,
		"destinations: {github: {host: github.example.com}}\nprofiles: {a: {destinations: {aws-sm: {region: eu-1}}}}": true,
		"destinations: {github: {hots: x}}":   false,
		"destinations: {gitlub: {host: x}}":   false,
		"destinations: {github: {host: [x]}}": false,
	} {
		var v any
		require.NoError(t, yaml.Unmarshal([]byte(doc), &v))
		j, err := json.Marshal(v)
		require.NoError(t, err)
		v, err = jsonschema.UnmarshalJSON(bytes.NewReader(j))
		require.NoError(t, err)
		err = schema.Validate(v)
		assert.Equal(t, right, err == nil, "%s: %v", doc, err)
		_, err = check("config.yaml", []byte(doc), known())
		assert.Equal(t, right, err == nil, "%s: %v", doc, err)
	}
}
