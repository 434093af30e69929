package output

import (
	"bufio"
	"bytes"
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
)

// A values writes JSON values in a format that is made of them.
type values interface {
	value(json []byte) error // which is not kept
	end() error              // what was written is whole
}

// values returns what writes the items of a list, or one value alone.
func (p Printer) values(w *bufio.Writer, list bool) values {
	switch name := p.Format.name; {
	case p.Format.query != nil:
		return &queried{w: w, code: p.Format.query, clean: p.Terminal, vague: p.Reveal, gather: list && name == "json"}
	case name == "template":
		return &templated{w: w, template: p.Format.template, fields: p.Format.fields, clean: p.Terminal}
	case name == "yaml":
		return &yamlValues{w: w, clean: p.Terminal, list: list}
	case name == "jsonl":
		return &jsonLines{w: w}
	case list:
		return &jsonArray{w: w}
	}
	return &jsonValue{w: w}
}

// A jsonArray writes an array with an item on each line, and leaves it open
// when the list does not come to its end.
type jsonArray struct {
	w     *bufio.Writer
	begun bool
	row   []byte
}

func (a *jsonArray) value(b []byte) error {
	before := ",\n"
	if !a.begun {
		before, a.begun = "[\n", true
	}
	a.row = append(a.row[:0], before...)
	return write(a.w, a.row, b, "")
}

func (a *jsonArray) end() error {
	end := "\n]\n"
	if !a.begun {
		end = "[]\n"
	}
	_, err := a.w.WriteString(end)
	return err
}

// jsonLines writes a value on each line.
type jsonLines struct {
	w   *bufio.Writer
	row []byte
}

func (l *jsonLines) value(b []byte) error { return write(l.w, l.row[:0], b, "\n") }
func (l *jsonLines) end() error           { return nil }

// A jsonValue writes one value for people too, with an indent.
type jsonValue struct{ w *bufio.Writer }

func (v *jsonValue) value(b []byte) error {
	b, err := jsontext.AppendFormat(nil, b, jsontext.Multiline(true), jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	return write(v.w, nil, b, "\n")
}

func (v *jsonValue) end() error { return nil }

// write writes before, then the JSON text b with what is hostile escaped, then after.
func write(w *bufio.Writer, before, b []byte, after string) error {
	_, err := w.Write(before)
	if !plain(b) {
		b = escape(nil, b)
	}
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		_, err = w.WriteString(after)
	}
	return err
}

// decode returns a JSON value as maps, slices, strings, bools and json.Number,
// whose digits stay as they are.
func decode(b []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}
