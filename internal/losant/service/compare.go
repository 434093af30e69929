package service

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// Same reports whether a and b are the same value in JSON, where what is absent
// is the same as what is empty, and white space around a text does not count.
func Same(a, b any) bool { return canonical(a) == canonical(b) }

func canonical(v any) string {
	switch v := v.(type) {
	case jsontext.Value:
		return canonical(vendorjson.TryRead[any](v))
	case string:
		return strings.TrimSpace(v)
	case nil:
		return ""
	case bool:
		if !v {
			return ""
		}
	}
	out, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return err.Error()
	}
	return string(out)
}
