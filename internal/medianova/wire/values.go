package wire

import (
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// A Flag is a truth value, which the vendor also writes as a number or a text.
type Flag bool

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (f *Flag) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	switch s := strings.ToLower(strings.Trim(string(v), `"`)); s {
	case "true", "1":
		*f = true
	case "false", "0", "null", "":
		*f = false
	default:
		return errors.New("not a boolean")
	}
	return nil
}

// A Number is a whole number.
type Number = vendorjson.Number

// A Text is a text, or nothing.
type Text = vendorjson.Text

// A List is an array. PHP writes an empty one, or one with holes, as an object.
type List[T any] []T

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (l *List[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '{' {
		return json.UnmarshalDecode(dec, (*[]T)(l))
	}
	*l = nil
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		if _, err := dec.ReadToken(); err != nil { // the position
			return err
		}
		var item T
		if err := json.UnmarshalDecode(dec, &item); err != nil {
			return err
		}
		*l = append(*l, item)
	}
	_, err := dec.ReadToken()
	return err
}
