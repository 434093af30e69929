package entrytest

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A Document is the OpenAPI document of a server.
type Document struct {
	t          testing.TB
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Parameters map[string]parameter `json:"parameters"`
		Schemas    map[string]schema    `json:"schemas"`
	} `json:"components"`
}

type parameter struct {
	Ref  string `json:"$ref"`
	Name string `json:"name"`
	In   string `json:"in"`
}

type operation struct {
	Parameters []parameter `json:"parameters"`
	Body       struct {
		Content map[string]struct {
			Schema schema `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`
	Responses map[string]json.RawMessage `json:"responses"`
}

type schema struct {
	Ref        string                     `json:"$ref"`
	AllOf      []schema                   `json:"allOf"`
	Required   []string                   `json:"required"`
	Properties map[string]json.RawMessage `json:"properties"`
}

// OpenDocument reads a document below the folder that CREDCTL_CONFORMANCE names, from
// the root of the repository, and skips the test where there is none. No document is
// part of this project.
func OpenDocument(t testing.TB, name string) *Document {
	t.Helper()
	dir := os.Getenv("CREDCTL_CONFORMANCE")
	if dir != "" && !filepath.IsAbs(dir) {
		dir = filepath.Join("..", "..", "..", dir)
	}
	b, err := os.ReadFile(filepath.Join(dir, name)) //nolint:gosec // G304: the tester names the folder
	if dir == "" || err != nil {
		t.Skip("CREDCTL_CONFORMANCE does not name a folder with " + name)
	}
	d := &Document{t: t}
	require.NoError(t, json.Unmarshal(b, d))
	return d
}

// Hold holds each request against the document, with the status of its answer, and
// passes it on to h.
func (d *Document) Hold(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		seen := &recorder{ResponseWriter: w, status: http.StatusOK}
		h.ServeHTTP(seen, r)
		d.check(r, body, seen.status)
	})
}

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (d *Document) check(r *http.Request, body []byte, status int) {
	where := r.Method + " " + r.URL.EscapedPath()
	item := d.find(r.URL.EscapedPath())
	raw, ok := item[strings.ToLower(r.Method)]
	if !assert.True(d.t, ok, "%s is not in the document", where) {
		return
	}
	var op operation
	var shared []parameter
	d.decode(where, raw, &op)
	if item["parameters"] != nil {
		d.decode(where, item["parameters"], &shared)
	}
	known := map[string]bool{}
	for _, p := range append(op.Parameters, shared...) {
		if p.Ref != "" {
			p = d.Components.Parameters[last(p.Ref)]
		}
		known[p.In+" "+p.Name] = true
	}
	for name := range r.URL.Query() {
		assert.True(d.t, known["query "+name], "%s: the parameter %s is not in the document", where, name)
	}
	if status < 400 {
		assert.Contains(d.t, op.Responses, strconv.Itoa(status), where)
	}
	if len(body) == 0 {
		return
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	content, ok := op.Body.Content[kind]
	if !ok {
		content, ok = op.Body.Content["*/*"]
	}
	assert.True(d.t, ok, "%s: the content %s is not in the document", where, kind)
	var members map[string]json.RawMessage
	d.decode(where, body, &members)
	required, properties := d.resolve(content.Schema)
	for _, name := range required {
		assert.Contains(d.t, members, name, where)
	}
	for name := range members {
		assert.True(d.t, len(properties) == 0 || properties[name], "%s: the member %s is not in the document", where, name)
	}
}

func (d *Document) decode(where string, text []byte, into any) {
	if err := json.Unmarshal(text, into); err != nil {
		d.t.Errorf("%s: %v", where, err)
	}
}

// find returns what the document has for a path; a literal name goes before a parameter.
func (d *Document) find(path string) (item map[string]json.RawMessage) {
	best := -1
	for template, candidate := range d.Paths {
		names, parts := strings.Split(template, "/"), strings.Split(path, "/")
		if len(names) != len(parts) {
			continue
		}
		literal := 0
		for i, name := range names {
			switch {
			case name == parts[i]:
				literal++
			case !strings.HasPrefix(name, "{"):
				literal = -1 << 10
			}
		}
		if literal > best {
			item, best = candidate, literal
		}
	}
	return item
}

func (d *Document) resolve(s schema) (required []string, properties map[string]bool) {
	if s.Ref != "" {
		s = d.Components.Schemas[last(s.Ref)]
	}
	required, properties = s.Required, map[string]bool{}
	for name := range s.Properties {
		properties[name] = true
	}
	for _, part := range s.AllOf {
		more, names := d.resolve(part)
		required = append(required, more...)
		for name := range names {
			properties[name] = true
		}
	}
	return required, properties
}

// last is the last name of a reference.
func last(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }
