package rest

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
)

// Others are the members of an object that no field of a struct describes, as the
// vendor wrote them. A struct has them in a field with the tag `json:",embed"`,
// which encoding/json does not know: its MarshalJSON calls [Write].
type Others map[string]jsontext.Value

// Redact redacts each of the members, as [Redacted] does.
func (o Others) Redact(secretive func(name string, v jsontext.Value) bool) {
	for name, v := range o {
		o[name] = Redacted(name, v, secretive)
	}
}

// Redacted returns the value of a member with [provider.Redacted] in place of what
// secretive says may hold a secret, at any depth. Elements of an array have the
// name of the array. Null, true and false stay: that there is a secret is none.
func Redacted(name string, v jsontext.Value, secretive func(name string, v jsontext.Value) bool) jsontext.Value {
	switch v.Kind() {
	case 'n', 't', 'f':
		return v
	}
	if secretive(name, v) {
		return jsontext.Value(`"` + provider.Redacted + `"`)
	}
	switch v.Kind() {
	case '{':
		members := TryRead[Others](v)
		members.Redact(secretive)
		v, _ = Write(members)
	case '[':
		items := TryRead[[]jsontext.Value](v)
		for i, item := range items {
			items[i] = Redacted(name, item, secretive)
		}
		v, _ = Write(items)
	}
	return v
}

// Write encodes what was read of a vendor, always alike.
func Write(v any) (jsontext.Value, error) {
	return json.Marshal(v, lenient(), json.Deterministic(true))
}
