package sandbox

import (
	"encoding/json"
	"math"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"unicode/utf16"
)

var windowShape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^\d+\s+(second|minute|hour|day)s?$`) })

// stratumBody is what the web framework refuses before any handler: the third shape of a validation error.
func stratumBody(c *call) (answer, bool) {
	header := c.Header.Get("Content-Type")
	kind, _, _ := mime.ParseMediaType(header)
	switch {
	case header == "" && len(c.body) == 0:
		return answer{}, false
	case kind != "application/json":
		return stratumError(http.StatusUnsupportedMediaType, "VALIDATION_ERROR", "Unsupported Media Type"), true
	case len(c.body) == 0:
		return stratumError(http.StatusBadRequest, "VALIDATION_ERROR", "Body cannot be empty when content-type is set to 'application/json'"), true
	case !json.Valid(c.body):
		return stratumError(http.StatusBadRequest, "VALIDATION_ERROR", "Body is not valid JSON but content-type is set to 'application/json'"), true
	}
	return answer{}, false
}

// issue is one complaint of the server's schema library.
type stratumIssue map[string]any

func wrongType(path []string, want string, got any) stratumIssue {
	is := stratumIssue{"code": "invalid_type", "expected": want, "received": jsonType(got), "path": path}
	is["message"] = "Expected " + want + ", received " + jsonType(got)
	if got == (missing{}) {
		is["message"] = "Required"
	}
	return is
}

// missing stands for a member that is not there.
type missing struct{}

func jsonType(v any) string {
	switch v := v.(type) {
	case missing:
		return "undefined"
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		if v != math.Trunc(v) {
			return "float"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

type stratumCreate struct {
	tenant     string
	name       *string
	rateMax    float64
	rateWindow string
}

// stratumCreateInput reads the body of a create; its complaints are in details at the top.
func stratumCreateInput(c *call) (stratumCreate, answer, bool) {
	var in stratumCreate
	var issues []stratumIssue
	var body any = missing{}
	if len(c.body) > 0 {
		_ = json.Unmarshal(c.body, &body) // stratumBody has seen that it is JSON
	}
	object, ok := body.(map[string]any)
	if !ok {
		issues = append(issues, wrongType([]string{}, "object", body))
	} else {
		in, issues = stratumCreateFields(object)
	}
	if len(issues) == 0 {
		return in, answer{}, false
	}
	return in, answer{status: http.StatusBadRequest, body: map[string]any{
		"error":   map[string]any{"code": "VALIDATION_ERROR", "message": "Invalid request body"},
		"details": issues,
	}}, true
}

func stratumCreateFields(object map[string]any) (in stratumCreate, issues []stratumIssue) {
	member := func(name string) any {
		if v, ok := object[name]; ok {
			return v
		}
		return missing{}
	}
	switch v := member("tenant_id").(type) {
	case string:
		if !uuidShape().MatchString(v) {
			issues = append(issues, stratumIssue{"validation": "uuid", "code": "invalid_string", "message": "Invalid uuid", "path": []string{"tenant_id"}})
		}
		in.tenant = strings.ToLower(v)
	default:
		issues = append(issues, wrongType([]string{"tenant_id"}, "string", v))
	}
	switch v := member("name").(type) {
	case missing:
	case string:
		in.name = &v
	default:
		issues = append(issues, wrongType([]string{"name"}, "string", v))
	}
	switch v := member("rate_limit_max").(type) {
	case missing:
	case float64:
		in.rateMax = v
		path := []string{"rate_limit_max"}
		switch {
		case v != math.Trunc(v):
			issues = append(issues, wrongType(path, "integer", v))
		case v < 1:
			issues = append(issues, stratumIssue{"code": "too_small", "minimum": 1, "type": "number", "inclusive": true, "exact": false, "message": "Number must be greater than or equal to 1", "path": path})
		case v > 100_000:
			issues = append(issues, stratumIssue{"code": "too_big", "maximum": 100_000, "type": "number", "inclusive": true, "exact": false, "message": "Number must be less than or equal to 100000", "path": path})
		}
	default:
		issues = append(issues, wrongType([]string{"rate_limit_max"}, "number", v))
	}
	switch v := member("rate_limit_window").(type) {
	case missing:
	case string:
		in.rateWindow = v
		if !windowShape().MatchString(v) {
			issues = append(issues, stratumIssue{"validation": "regex", "code": "invalid_string", "message": "Invalid", "path": []string{"rate_limit_window"}})
		}
	default:
		issues = append(issues, wrongType([]string{"rate_limit_window"}, "string", v))
	}
	return in, issues
}

// stratumRotateInput reads the optional name of a rotation; its complaints are in error.issues.
func stratumRotateInput(c *call) (*string, answer, bool) {
	if len(c.body) == 0 {
		return nil, answer{}, false
	}
	fail := func(path []string, code, message string) (*string, answer, bool) {
		return nil, answer{status: http.StatusBadRequest, body: map[string]any{"error": map[string]any{
			"code": "VALIDATION_ERROR", "message": "Validation failed",
			"issues": []any{map[string]any{"path": path, "message": message, "code": code}},
		}}}, true
	}
	var body any
	_ = json.Unmarshal(c.body, &body) // stratumBody has seen that it is JSON
	object, ok := body.(map[string]any)
	if !ok {
		return fail([]string{}, "invalid_type", "Expected object, received "+jsonType(body))
	}
	v, ok := object["name"]
	if !ok {
		return nil, answer{}, false
	}
	name, ok := v.(string)
	switch {
	case !ok:
		return fail([]string{"name"}, "invalid_type", "Expected string, received "+jsonType(v))
	case len(utf16.Encode([]rune(name))) > 255:
		return fail([]string{"name"}, "too_big", "String must contain at most 255 character(s)")
	}
	return &name, answer{}, false
}
