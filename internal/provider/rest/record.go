package rest

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
)

// A Record is an object of an answer as the vendor wrote it. It may hold secrets,
// so that it is one: its adapter says what is shown of it. Reading an item of a
// long listing member by member, and copying what is shown, takes half the time
// of decoding it into a struct and encoding that again.
type Record struct{ text provider.Secret }

// UnmarshalJSONFrom takes an object, or null, which is the zero Record.
func (r *Record) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	switch v.Kind() {
	case '{':
		*r = Record{provider.NewSecret(string(v))}
	case 'n':
		*r = Record{}
	default:
		return errors.New("it is not an object")
	}
	return nil
}

// IsZero reports whether there is no object.
func (r Record) IsZero() bool { return r.text.IsZero() }

// Value returns r as it was written.
func (r Record) Value() Value { return Value(r.text.Reveal()) }

// Members is [Value.Members] of r.
func (r Record) Members(f func(Member) error) error { return r.Value().Members(f) }

// A Member is a name and a value of an object.
type Member struct {
	Name string
	Value

	quoted string // the name as it was written
}

// Named returns m under another name.
func (m Member) Named(name string) Member {
	return Member{name, m.Value, `"` + name + `"`}
}

// Append appends m to the members of the object that b ends with, in one line.
// The zero Member appends nothing.
func (m Member) Append(b []byte) []byte {
	if m.quoted == "" {
		return b
	}
	return m.Value.Append(m.AppendName(b))
}

// AppendName is Append for what is to have another value, which comes next.
func (m Member) AppendName(b []byte) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	return append(append(b, m.quoted...), ':')
}

// A Value is a JSON value as it was written, of which it is known that it is valid.
type Value string

// Null reports whether v is null.
func (v Value) Null() bool { return v == "null" }

// Object reports whether v is an object.
func (v Value) Object() bool { return v != "" && v[0] == '{' }

// Array reports whether v is an array.
func (v Value) Array() bool { return v != "" && v[0] == '[' }

// Text reads a string into to, which null leaves as it is.
func (v Value) Text(to *string) error {
	switch {
	case v.Null():
	case v == "" || v[0] != '"':
		return errKind
	default:
		*to = v.unquoted()
	}
	return nil
}

// Secret reads a string that is secret into to, which null leaves as it is.
func (v Value) Secret(to *provider.Secret) error {
	var text string
	err := v.Text(&text)
	if err == nil && !v.Null() {
		*to = provider.NewSecret(text)
	}
	return err
}

// Time reads a time of RFC 3339 into to, which null leaves as it is.
func (v Value) Time(to *time.Time) error {
	var text string
	err := v.Text(&text)
	if err != nil || v.Null() {
		return err
	}
	*to, err = time.Parse(time.RFC3339, text)
	return err
}

// Bool reads a boolean into to, which null leaves as it is.
func (v Value) Bool(to *bool) error {
	switch v {
	case "null":
	case "true", "false":
		*to = v == "true"
	default:
		return errKind
	}
	return nil
}

// Int reads a whole number into to, which null leaves as it is.
func (v Value) Int(to *int64) error {
	if v.Null() {
		return nil
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil {
		return errKind // and not what it quotes
	}
	*to = n
	return nil
}

// Texts reads an array of strings into to, which null leaves as it is.
func (v Value) Texts(to *[]string) error {
	if v.Null() {
		return nil
	}
	if !v.Array() {
		return errKind
	}
	var texts []string
	var failed error
	v.Items(func(item Value) {
		text := ""
		if err := item.Text(&text); err != nil {
			failed = err
		}
		texts = append(texts, text)
	})
	*to = texts
	return failed
}

// Into decodes v into to, as an answer is.
func (v Value) Into(to any) error { return Read([]byte(v), to) }

// Append appends v to b in one line.
func (v Value) Append(b []byte) []byte {
	if !v.Object() && !v.Array() || strings.IndexByte(string(v), '\n') < 0 && strings.IndexByte(string(v), '\r') < 0 {
		return append(b, v...)
	}
	b, _ = jsontext.AppendFormat(b, []byte(v), lenient()) // it is valid
	return b
}

// unquoted returns what the string v says.
func (v Value) unquoted() string {
	text := string(v[1 : len(v)-1])
	if strings.IndexByte(text, '\\') < 0 {
		return text
	}
	b, _ := jsontext.AppendUnquote(make([]byte, 0, 256), v) // it is valid
	return string(b)
}

var errKind = errors.New("it is of another kind")
