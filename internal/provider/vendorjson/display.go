package vendorjson

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// The values that are for display alone are read leniently: one that is odd is
// unknown, and does not spoil the answer that it stands in.

// A Number is a whole number, which vendors also write as a text. What is none is 0.
type Number int64

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (n *Number) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	i, err := strconv.ParseInt(strings.Trim(string(v), `"`), 10, 64)
	if err != nil {
		i = 0
	}
	*n = Number(i)
	return nil
}

// A Text may be null or a number. Anything else that is no text is empty.
type Text string

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (t *Text) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	*t = ""
	if v.Kind() == '"' {
		var room [64]byte // which most fit in
		b, err := jsontext.AppendUnquote(room[:0], v)
		*t = Text(b)
		return err
	}
	if v.Kind() == '0' {
		*t = Text(v)
	}
	return nil
}

// A Switch is true, false, or unknown.
type Switch struct{ On, Known bool }

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (s *Switch) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	*s = Switch{v.Kind() == 't', v.Kind() == 't' || v.Kind() == 'f'}
	return nil
}

// MarshalJSON implements json.Marshaler.
func (s Switch) MarshalJSON() ([]byte, error) {
	if !s.Known {
		return []byte("null"), nil
	}
	return strconv.AppendBool(nil, s.On), nil
}
