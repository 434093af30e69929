package conformance

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"
)

// An OpenAPI is a document that describes an API.
type OpenAPI struct {
	from       Published
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas   map[string]*Schema `json:"schemas"`
		Responses map[string]content `json:"responses"`
	} `json:"components"`
}

type operation struct {
	Body      content            `json:"requestBody"`
	Responses map[string]content `json:"responses"`
}

type content struct {
	Ref     string `json:"$ref"`
	Content map[string]struct {
		Schema *Schema `json:"schema"`
	} `json:"content"`
}

// OpenAPI returns the document in a file of the folder, its references resolved.
func (p Published) OpenAPI(name string) *OpenAPI {
	p.t.Helper()
	d := &OpenAPI{from: p}
	p.read(name, d)
	for _, s := range d.Components.Schemas {
		d.resolve(s)
	}
	return d
}

// Schema returns a named schema.
func (d *OpenAPI) Schema(name string) *Schema {
	d.from.t.Helper()
	s := d.Components.Schemas[name]
	require.NotNil(d.from.t, s, "the document has no schema %q", name)
	return s
}

// Body returns the schema of a request, nil where it has no body. The path is
// that of the document: "/api-keys/{id}".
func (d *OpenAPI) Body(method, path string) *Schema {
	d.from.t.Helper()
	return d.schema(d.operation(method, path).Body)
}

// Answer returns the schema of an answer; nil where the document has none for that status.
func (d *OpenAPI) Answer(method, path string, status int) *Schema {
	d.from.t.Helper()
	return d.schema(d.operation(method, path).Responses[strconv.Itoa(status)])
}

func (d *OpenAPI) operation(method, path string) operation {
	d.from.t.Helper()
	o, ok := d.Paths[path][strings.ToLower(method)]
	require.True(d.from.t, ok, "the document has no %s %s", method, path)
	return o
}

func (d *OpenAPI) schema(c content) *Schema {
	if name := last(c.Ref); name != "" {
		c = d.Components.Responses[name]
	}
	s := c.Content["application/json"].Schema
	d.resolve(s)
	return s
}

// resolve finds what each reference within s refers to.
func (d *OpenAPI) resolve(s *Schema) {
	if s == nil {
		return
	}
	if name := last(s.Ref); name != "" {
		s.to = d.Schema(name)
	}
	for _, p := range s.Properties {
		d.resolve(p)
	}
	d.resolve(s.Items)
	for _, p := range slices.Concat(s.AllOf, s.OneOf, s.AnyOf) {
		d.resolve(p)
	}
}

// last is the last name of a reference.
func last(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }
