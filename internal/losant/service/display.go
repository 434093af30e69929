package service

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// Visible returns what may be shown of a member of a configuration, or nil.
func (s Type) Visible(name string, v jsontext.Value) jsontext.Value {
	f, known := s.Field(name)
	switch {
	case f.Secret || f.WriteOnly:
		return nil
	case known:
		return v
	}
	return vendorjson.Redacted(name, v, Secretive)
}

// Secretive reports whether a member that no table describes may hold a secret.
// An array is looked at item by item.
func Secretive(name string, v jsontext.Value) bool {
	if v.Kind() == '[' || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "Sid") || strings.HasPrefix(name, "public") {
		return false
	}
	name = strings.ToLower(name)
	for _, word := range []string{"secret", "pass", "pwd", "token", "key", "credential", "private", "connection"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
