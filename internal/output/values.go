package output

import (
	"bufio"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/output/bounds"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// A valueWriter writes JSON values in a format that is made of them.
type valueWriter interface {
	value(json []byte) error // which is not kept
	end() error              // what was written is complete
}

// values returns what writes the items of a list, or one value alone.
func (p Printer) values(w *bufio.Writer, list bool) valueWriter {
	s := p.Format.spec()
	if p.Format.query != nil {
		q := &queried{p: p, w: w, query: p.Format.query, gather: list && !s.streams, items: []any{}, memory: bounds.Gatherer{Most: p.MaxMemory}}
		if item := q.query.OfItem(); item != nil && q.gather {
			q.query, q.gather = item, false
		}
		return q
	}
	return s.values(p, w, list)
}

// newJSON writes an array with an item on each line, or one value with an indent.
func newJSON(_ Printer, w *bufio.Writer, list bool) valueWriter {
	if list {
		return &jsonText{w: w, before: "[\n", next: ",\n", last: "[]\n", closing: "\n]\n"}
	}
	return &jsonText{w: w, after: "\n", indent: true}
}

// newJSONLines writes a value on each line.
func newJSONLines(_ Printer, w *bufio.Writer, _ bool) valueWriter {
	return &jsonText{w: w, after: "\n"}
}

// A jsonText writes values as JSON. An array of a list that does not come to its
// end is left open.
type jsonText struct {
	w             *bufio.Writer
	before, after string // each value
	last          string // at the end
	next, closing string // replace before and last after the first value
	indent        bool
}

func (t *jsonText) value(b []byte) (err error) {
	if t.indent {
		if b, err = jsontext.AppendFormat(nil, b, jsontext.Multiline(true), jsontext.WithIndent("  ")); err != nil {
			return err
		}
	}
	_, _ = t.w.WriteString(t.before) // bufio keeps its first error for the last call
	_, _ = t.w.Write(visible.JSON(b))
	_, err = t.w.WriteString(t.after)
	t.before, t.last = t.next, t.closing
	return err
}

func (t *jsonText) end() error {
	_, err := t.w.WriteString(t.last)
	return err
}

// writeText writes what was made of values, which a terminal must not act on.
func (p Printer) writeText(w *bufio.Writer, text string) error {
	if p.Terminal {
		text = visible.Lines(text)
	}
	_, err := w.WriteString(text)
	return err
}

// misfit says that a template or an expression failed on a value. The error may
// quote the value, so it is left out where that may hold a secret.
func (p Printer) misfit(what string, err error) error {
	if p.Reveal {
		return provider.Usage("the %s failed on this value", what)
	}
	return provider.Usage("the %s failed: %s", what, visible.OneLine(err.Error()))
}
