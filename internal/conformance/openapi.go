package conformance

import (
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// An OpenAPI is a document that describes an API.
type OpenAPI struct {
	from     Published
	document any
}

// OpenAPI returns the document in a file of the folder.
func (p Published) OpenAPI(name string) *OpenAPI {
	p.t.Helper()
	return &OpenAPI{p, strict(p.document(name))}
}

// Schema returns a named schema.
func (d *OpenAPI) Schema(name string) *jsonschema.Schema {
	d.from.t.Helper()
	s := d.schema("components", "schemas", name)
	require.NotNil(d.from.t, s, "the document has no schema %q", name)
	return s
}

// Body returns the schema of a request, nil where it has no body. The path is
// that of the document: "/api-keys/{id}".
func (d *OpenAPI) Body(method, path string) *jsonschema.Schema {
	d.from.t.Helper()
	return d.of(method, path, "requestBody")
}

// Answer returns the schema of an answer; nil where the document has none for that status.
func (d *OpenAPI) Answer(method, path string, status int) *jsonschema.Schema {
	d.from.t.Helper()
	return d.of(method, path, "responses", strconv.Itoa(status))
}

func (d *OpenAPI) of(method, path string, names ...string) *jsonschema.Schema {
	d.from.t.Helper()
	operation := []string{"paths", path, strings.ToLower(method)}
	_, there := find(d.document, operation)
	require.True(d.from.t, there, "the document has no %s %s", method, path)
	names = append(operation, names...)
	if v, _ := find(d.document, names); v != nil {
		if ref, is := v.(map[string]any)["$ref"].(string); is {
			names = strings.Split(ref, "/")[1:]
		}
	}
	return d.schema(append(names, "content", "application/json", "schema")...)
}

func (d *OpenAPI) schema(names ...string) *jsonschema.Schema {
	d.from.t.Helper()
	if _, there := find(d.document, names); !there {
		return nil
	}
	return compile(d.from.t, d.document, names...)
}

func find(v any, names []string) (any, bool) {
	for _, name := range names {
		object, _ := v.(map[string]any)
		if v = object[name]; v == nil {
			return nil, false
		}
	}
	return v, true
}
