package output

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
)

// Records writes what is not credentials, such as the results of a command:
// rows, whose cells have the given heads in snake case, as table, CSV or name
// (the column id, or else the first), and v as JSON and all that is made of it.
// V is a slice, whose items are written as List does, or anything else, which
// is written as One does.
func (p Printer) Records(heads []string, cells [][]string, v any) error {
	if p.Format.Issued() {
		return p.notIssued()
	}
	w := bufio.NewWriterSize(p.W, 64<<10)
	return finish(w, p.records(w, heads, cells, v))
}

// Record writes one record, as [Printer.Records] does, that is about c, which was
// issued just now: a format for what was issued gets c itself, and with
// [Printer.Reveal] a table is followed by its secret.
//
// It writes all at once, or nothing, as [Printer.One] does.
func (p Printer) Record(heads, cells []string, v any, c provider.Credential) error {
	return p.whole(c, func(w *bufio.Writer) error { return p.records(w, heads, [][]string{cells}, v) })
}

func (p Printer) records(w *bufio.Writer, heads []string, cells [][]string, v any) error {
	if p.inRows() {
		return p.recordRows(w, heads, cells)
	}
	return p.recordValues(w, v)
}

func (p Printer) recordRows(w *bufio.Writer, heads []string, cells [][]string) error {
	picked := p.Format.columns
	if picked == nil {
		picked = heads
	}
	at := make([]int, len(picked))
	for i, name := range picked {
		if at[i] = slices.Index(heads, name); at[i] < 0 {
			return noColumn(name, heads)
		}
	}
	out, row := p.rows(w, picked), make([]string, len(picked))
	for _, c := range cells {
		for i, from := range at {
			row[i] = c[from]
		}
		if err := out.row(row); err != nil {
			return err
		}
	}
	return out.end()
}

func (p Printer) recordValues(w *bufio.Writer, v any) error {
	b, err := json.Marshal(v, lenient())
	if err != nil {
		return fmt.Errorf("%T as JSON: %w", v, err)
	}
	d := jsontext.NewDecoder(bytes.NewReader(b), jsontext.AllowDuplicateNames(true))
	list := d.PeekKind() == jsontext.KindBeginArray
	if list {
		if _, err := d.ReadToken(); err != nil {
			return err
		}
	}
	out := p.values(w, list)
	for d.PeekKind() > 0 && d.PeekKind() != jsontext.KindEndArray {
		item, err := d.ReadValue()
		if err != nil {
			return err
		}
		if err := out.value(item); err != nil {
			return err
		}
	}
	return out.end()
}
