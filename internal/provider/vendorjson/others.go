package vendorjson

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
		return Edit(v, func(name string, v jsontext.Value) jsontext.Value { return Redacted(name, v, secretive) })
	case '[':
		items := TryRead[[]jsontext.Value](v)
		for i, item := range items {
			items[i] = Redacted(name, item, secretive)
		}
		v, _ = Write(items)
	}
	return v
}

// Edit returns an object with the values that f returns for its members; nil leaves
// one out. What is no object becomes an empty one. f must not keep a value.
func Edit(object jsontext.Value, f func(name string, v jsontext.Value) jsontext.Value) jsontext.Value {
	e := editor{f: f, out: append(make(jsontext.Value, 0, len(object)+2), '{')}
	_ = Read(object, &e) // it was read before
	return append(e.out, '}')
}

// An editor decodes an object: to be decoded into shares the decoders of all calls.
type editor struct {
	f   func(name string, v jsontext.Value) jsontext.Value
	out jsontext.Value
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (e *editor) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '{' {
		return dec.SkipValue()
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() == '"' {
		token, err := dec.ReadToken()
		if err != nil {
			return err
		}
		name := token.String() // the token does not outlast the next read
		v, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if v = e.f(name, v); v == nil {
			continue
		}
		if len(e.out) > 1 {
			e.out = append(e.out, ',')
		}
		if e.out, err = jsontext.AppendQuote(e.out, name); err != nil {
			return err
		}
		e.out = append(append(e.out, ':'), v...)
	}
	_, err := dec.ReadToken()
	return err
}

// Write encodes what was read of a vendor, always alike.
func Write(v any) (jsontext.Value, error) {
	return json.Marshal(v, Lenient(), json.Deterministic(true))
}
