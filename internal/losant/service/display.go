package service

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider/rest"
)

// Visible returns what may be shown of a configuration, as it is and in parts.
func (s Type) Visible(config jsontext.Value) (jsontext.Value, rest.Others) {
	fields, same := rest.TryRead[rest.Others](config), true
	for name, v := range fields {
		f, known := s.Field(name)
		switch {
		case f.Secret || f.WriteOnly:
			delete(fields, name)
		case known:
			continue
		default:
			fields[name] = rest.Redacted(name, v, Secretive)
		}
		same = false
	}
	if !same {
		config, _ = rest.Write(fields) // it is valid
	}
	return config, fields
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
