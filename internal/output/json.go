package output

import (
	"bytes"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
)

// An objects writes credentials as JSON objects into one buffer, which it uses
// again for each. The fields are written one by one, because reflection costs
// more than all the rest of a long listing; only Details, whose type belongs to
// its vendor, needs it.
type objects struct {
	reveal  bool
	options json.Options // of details
	buf     bytes.Buffer
}

// object returns c as one line of JSON without a newline. It is good until the next call.
func (o *objects) object(c *provider.Credential) ([]byte, error) {
	o.buf.Reset()
	b := o.buf.AvailableBuffer()
	b = appendField(b, `{"provider":`, c.Provider)
	b = appendField(b, `,"kind":`, c.Kind)
	b = appendField(b, `,"id":`, c.ID)
	b = appendKnown(b, `,"name":`, c.Name)
	b = appendKnown(b, `,"key":`, c.Key)
	b = appendKnown(b, `,"status":`, c.Status)
	if len(c.Scopes) > 0 {
		next := `,"scopes":[`
		for _, s := range c.Scopes {
			b = appendField(b, next, s)
			next = ","
		}
		b = append(b, ']')
	}
	b = appendTime(b, `,"created":`, c.Created)
	b = appendTime(b, `,"updated":`, c.Updated)
	b = appendTime(b, `,"expires":`, c.Expires)
	b = appendTime(b, `,"last_used":`, c.LastUsed)
	b = appendKnown(b, `,"endpoint":`, c.Endpoint)
	b = appendKnown(b, `,"region":`, c.Region)
	if o.reveal {
		b = appendKnown(b, `,"secret":`, c.Secret.Reveal())
	}
	if c.Details == nil {
		o.buf.Write(append(b, '}'))
		return o.buf.Bytes(), nil
	}
	b = append(b, `,"details":`...)
	var err error
	if details, ok := c.Details.(appender); ok {
		b, err = details.AppendJSON(b)
		o.buf.Write(b)
	} else {
		o.buf.Write(b)
		err = json.MarshalWrite(&o.buf, c.Details, o.options)
	}
	if err != nil {
		return nil, fmt.Errorf("the details of %s %s %s as JSON: %w", c.Provider, c.Kind, c.ID, err)
	}
	o.buf.WriteByte('}')
	return o.buf.Bytes(), nil
}

// An appender is details that append themselves to b as one line of JSON.
type appender interface {
	AppendJSON(b []byte) ([]byte, error)
}

// lenient is how the values of vendors are encoded: always, and always alike.
func lenient() json.Options {
	return json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true), json.Deterministic(true))
}

func appendField(b []byte, name, value string) []byte {
	// The error is that of invalid UTF-8, which is replaced.
	b, _ = jsontext.AppendQuote(append(b, name...), value)
	return b
}

func appendKnown(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return appendField(b, name, value)
}

func appendTime(b []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	b = append(append(b, name...), '"')
	return append(t.UTC().AppendFormat(b, time.RFC3339Nano), '"')
}
