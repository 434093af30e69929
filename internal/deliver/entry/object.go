package entry

import (
	"errors"
	"fmt"
	"maps"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
)

// An Object is a JSON object of others, in which some members are ours. Members
// that are not strings stay as they are.
type Object map[string]provider.SecretJSON

// ParseObject reads a JSON object.
func ParseObject(text provider.Secret) (Object, bool) {
	var raw map[string]jsontext.Value
	if err := json.Unmarshal([]byte(text.Reveal()), &raw); err != nil || raw == nil {
		return nil, false
	}
	o := make(Object, len(raw))
	for name, member := range raw {
		o[name] = provider.SecretJSON{Secret: provider.NewSecret(string(member))}
	}
	return o, true
}

// UnmarshalJSONFrom takes an object, or null.
func (o *Object) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil || v.Kind() == 'n' {
		return err
	}
	all, ok := ParseObject(provider.NewSecret(string(v)))
	if !ok {
		return errors.New("not a JSON object")
	}
	*o = all
	return nil
}

// ObjectOf returns an object with these members alone.
func ObjectOf(v Values) Object {
	o := Object{}
	o.Set(v)
	return o
}

// Set sets members of o.
func (o Object) Set(v Values) {
	for name, value := range v {
		quoted, _ := jsontext.AppendQuote(nil, value.Reveal()) // it is UTF-8, or becomes so
		o[name] = provider.SecretJSON{Secret: provider.NewSecret(string(quoted))}
	}
}

// With returns o with these members set.
func (o Object) With(v Values) Object {
	all := Object{}
	maps.Copy(all, o)
	all.Set(v)
	return all
}

// Values returns the members of o. One that is not a string is its JSON text.
func (o Object) Values() Values {
	values := make(Values, len(o))
	for name, member := range o {
		text := []byte(member.Reveal())
		if unquoted, err := jsontext.AppendUnquote(nil, text); err == nil {
			text = unquoted
		}
		values[name] = provider.NewSecret(string(text))
	}
	return values
}

// Text returns o as JSON.
func (o Object) Text() provider.Secret {
	b, _ := json.Marshal(o, json.Deterministic(true), jsontext.PreserveRawStrings(true), json.WithMarshalers( // its members are JSON
		json.MarshalToFunc(func(e *jsontext.Encoder, s provider.SecretJSON) error {
			return e.WriteValue(jsontext.Value(s.Reveal()))
		})))
	return provider.NewSecret(string(b))
}

var errBare = errors.New("it contains a JSON object, which a single value would overwrite")

func memberError(name string) error {
	return fmt.Errorf("it contains a JSON object with a member %q, which would be lost", name)
}
