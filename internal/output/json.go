package output

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
)

// An Encoder turns credentials into JSON, in one buffer that it uses again for
// each. The columns are written one by one, because reflection takes five times as
// long; Details, whose type belongs to its vendor, needs it.
type Encoder struct {
	secret  string // of the credential; "": none
	columns []column
	text    text
	details *jsontext.Encoder // to text
}

// NewEncoder returns an encoder of credentials without their secrets.
func NewEncoder() *Encoder { return newEncoder("") }

func newEncoder(secret string) *Encoder {
	e := &Encoder{secret: secret, columns: columns()}
	e.details = jsontext.NewEncoder(&e.text, lenient())
	return e
}

// A text is written by appending to it.
type text []byte

func (t *text) Write(b []byte) (int, error) {
	*t = append(*t, b...)
	return len(b), nil
}

// Encode returns c as one line of JSON without a newline. It is good until the next call.
func (e *Encoder) Encode(c *provider.Credential) ([]byte, error) {
	b := e.text[:0]
	for _, column := range e.columns {
		switch {
		case column.name == "scopes":
			b = appendList(b, column.name, c.Scopes)
		case column.time != nil:
			b = appendTime(b, column.name, column.time(c))
		default:
			if value := column.text(c); value != "" || column.kept {
				b = appendMember(b, column.name, value)
			}
		}
	}
	if e.secret != "" {
		b = appendMember(b, "secret", e.secret)
	}
	b[0] = '{' // in place of the comma before the first member
	if c.Details == nil {
		e.text = append(b, '}')
		return e.text, nil
	}
	e.text = append(b, `,"details":`...)
	if err := json.MarshalEncode(e.details, c.Details); err != nil {
		return nil, fmt.Errorf("cannot encode the details of %s %s %s as JSON: %w", c.Provider, c.Kind, c.ID, err)
	}
	e.text[len(e.text)-1] = '}' // in place of the newline after the details
	return e.text, nil
}

// lenient is how the values of vendors are encoded: always, and always alike.
func lenient() json.Options {
	return json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true), json.Deterministic(true))
}

// appendMember appends a comma and a member. The error is that of invalid UTF-8, which is replaced.
func appendMember(b []byte, name, value string) []byte {
	b, _ = jsontext.AppendQuote(append(append(append(b, `,"`...), name...), `":`...), value)
	return b
}

func appendTime(b []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":"`...)
	return append(t.UTC().AppendFormat(b, time.RFC3339Nano), '"')
}

func appendList(b []byte, name string, values []string) []byte {
	for i, value := range values {
		if i == 0 {
			b = append(append(append(b, `,"`...), name...), `":[`...)
		}
		b, _ = jsontext.AppendQuote(b, value)
		b = append(b, ',')
	}
	if len(values) > 0 {
		b[len(b)-1] = ']'
	}
	return b
}
