package conformance

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// published writes the files of a vendor, and returns their folder.
func published(t *testing.T, files map[string]string) Published {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, "toy", name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	t.Setenv(variable, dir)
	return OpenPublished(t, "toy")
}

func TestRecordings(t *testing.T) {
	rec := published(t, map[string]string{
		"recorded/a.json": `{"request":{"method":"GET","path":"/keys","query":[["key[id]","1"]],"headers":{"User-Agent":["x"]},"body":null},
			"response":{"status":404,"headers":{"X-Request-Id":["7"]},"body":{"error":{"code":"gone"}}}}`,
		"recorded/b.json": `{"request":{"method":"POST","url":"http://host/keys?n=1","headers":{"X-API-Key":"k"},"body":"{bad"},
			"response":{"status":204,"headers":[["content-type","text/plain"]],"body":null}}`,
		"recorded/LICENSE": "",
	}).Recordings()
	a := rec.Take("a")
	assert.Equal(t, Exchange{
		Name: "a", Method: "GET", Path: "/keys", Query: map[string][]string{"key[id]": {"1"}}, Header: http.Header{"User-Agent": {"x"}},
		Status: 404, AnswerHeader: http.Header{"X-Request-Id": {"7"}}, Answer: `{"error":{"code":"gone"}}`,
	}, a)
	assert.Equal(t, "gone", a.At(t, "error", "code"))
	assert.Equal(t, []Exchange{{
		Name: "b", Method: "POST", Path: "/keys", Query: map[string][]string{"n": {"1"}}, Header: http.Header{"X-Api-Key": {"k"}}, Body: "{bad",
		Status: 204, AnswerHeader: http.Header{"Content-Type": {"text/plain"}},
	}}, rec.Rest(), "what was not taken yet")
}

const document = `{
	"paths": {"/keys/{id}": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Key"}}}}, "404": {"$ref": "#/components/responses/Gone"}}},
		"patch": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}}}}, "responses": {}}}},
	"components": {
		"responses": {"Gone": {"content": {"application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/Error"}, {"type": "array", "items": {"type": "string"}}]}}}}},
		"schemas": {
			"Key": {"type": "object", "required": ["id"], "properties": {
				"id": {"type": "string", "format": "uuid"}, "made": {"type": "string", "format": "date-time", "nullable": true}, "size": {"type": "integer"},
				"state": {"$ref": "#/components/schemas/State"}, "tags": {"type": "array", "items": {"type": "string"}}, "error": {"description": "the last one", "allOf": [{"$ref": "#/components/schemas/Error"}]}}},
			"State": {"type": "string", "enum": ["on", "off"]},
			"Error": {"type": "object", "properties": {"code": {"type": "string"}, "cause": {"$ref": "#/components/schemas/Error"}}}}}}`

func TestSchemas(t *testing.T) {
	d := published(t, map[string]string{"api.json": document}).OpenAPI("api.json")
	key := d.Answer("GET", "/keys/{id}", 200)
	assert.Empty(t, Check(t, key, `{"id":"0b7e4bb6-6a7d-4a5b-8a43-b43ad0a0b1f3","made":null,"size":1,"state":"on","tags":["a"],"error":{"code":"x","cause":{"code":"y"}}}`))
	assert.Equal(t, []string{
		".id: missing", ".key: not in the schema", "at '/error/cause/code': got number, want string", "at '/made': 'today' is not valid date-time: less than 20 characters long",
		"at '/made': got string, want null", "at '/size': got number, want integer", "at '/state': value must be one of 'on', 'off'", "at '/tags/1': got null, want string",
	}, Check(t, key, `{"key":1,"made":"today","size":1.5,"state":"up","tags":["a",null],"error":{"cause":{"code":1}}}`))
	assert.Empty(t, Check(t, d.Answer("GET", "/keys/{id}", 404), `["gone"]`), "one of the two is enough")
	assert.Equal(t, []string{".cod: not in the schema", "at '': got object, want array"}, Check(t, d.Answer("GET", "/keys/{id}", 404), `{"cod":"x"}`))
	assert.Equal(t, []string{".name: missing"}, Check(t, d.Body("PATCH", "/keys/{id}"), `{}`))
	assert.Nil(t, d.Body("GET", "/keys/{id}"))
	assert.Nil(t, d.Answer("GET", "/keys/{id}", 500))
}

func TestShapeDiff(t *testing.T) {
	want := `{"id":"a","n":1,"list":[{"x":null},{"x":"t"}],"none":[],"deep":[[{"y":true}]]}`
	assert.Empty(t, ShapeDiff(t, want, `{"id":"other","n":7,"list":[{"x":"t"},{"x":null}],"none":["any"],"deep":[]}`))
	assert.Equal(t, []string{".id: missing", ".other: not in the schema", "at '/deep/0/0/y': got number, want boolean", "at '/n': got null, want integer"},
		ShapeDiff(t, want, `{"other":"a","n":null,"list":[{"x":"t"}],"none":[],"deep":[[{"y":1}]]}`))
	assert.Empty(t, ShapeDiff(t, "", ""))
	assert.NotEmpty(t, ShapeDiff(t, "", "{}"))
}
