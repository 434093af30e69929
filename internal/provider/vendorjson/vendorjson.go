// Package vendorjson reads JSON as vendors write it: names may be repeated, members
// may be unknown, and any value may be a secret, so that no error quotes one.
package vendorjson

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Lenient is how it is read: names may be repeated, text may not be invalid UTF-8.
func Lenient() json.Options { return jsontext.AllowDuplicateNames(true) }

// Read decodes what a vendor sends into to, as an answer is.
func Read(b []byte, to any) error { return json.Unmarshal(b, to, Lenient()) }

// TryRead decodes b, or as much of it as has the right form: what does not says nothing.
func TryRead[T any](b []byte) (v T) {
	_ = Read(b, &v)
	return v
}

// Where names the place of a decoding error: field names, and none that could be
// a value that the vendor uses as a name.
func Where(err error) string {
	if se, ok := errors.AsType[*json.SemanticError](err); ok && se.JSONPointer != "" {
		names := strings.Split(string(se.JSONPointer), "/")
		for i, name := range names {
			if len(name) > 24 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != "" {
				names[i] = "…"
			}
		}
		return strings.Join(names, "/")
	}
	if se, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Sprintf("byte %d", se.ByteOffset)
	}
	return ""
}

// Strings returns the strings in a JSON text, but for the names of members.
func Strings(s string) (found []string) {
	d := jsontext.NewDecoder(strings.NewReader(s), Lenient())
	for {
		t, err := d.ReadToken()
		if err != nil {
			return found
		}
		if in, n := d.StackIndex(d.StackDepth()); t.Kind() == '"' && (in != '{' || n%2 == 0) {
			found = append(found, t.String())
		}
	}
}
