package output

import (
	"bufio"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/provider"
)

// Results writes what is not credentials, such as the results of a command: rows,
// with these columns in snake case, as table, CSV or name (the column id, or else
// the first), and v as JSON and all that is made of it: a slice as List writes
// one, anything else as One does.
func (p Printer) Results(columns []string, rows [][]string, v any) error {
	if p.Format.Issued() {
		return p.Format.notIssued()
	}
	w := bufio.NewWriterSize(p.W, 64<<10)
	return finish(w, p.results(w, columns, rows, v))
}

// Result writes one result, as [Printer.Results] does, that is about c, which was
// issued just now: a format for what was issued gets c itself, and with
// [Printer.Reveal] a table is followed by its secret.
//
// It writes all at once, or nothing, as [Printer.One] does.
func (p Printer) Result(columns, row []string, v any, c provider.Credential) error {
	return p.atOnce(c, func(w *bufio.Writer, _ string) error { return p.results(w, columns, [][]string{row}, v) })
}

func (p Printer) results(w *bufio.Writer, columns []string, rows [][]string, v any) error {
	if p.Format.spec().rows == nil {
		return p.resultValues(w, v)
	}
	add, end, err := p.rows(w, columns, columns)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := add(func(column int) string { return row[column] }); err != nil {
			return err
		}
	}
	return end()
}

func (p Printer) resultValues(w *bufio.Writer, v any) error {
	b, err := json.Marshal(v, lenient())
	items, list := []jsontext.Value{b}, jsontext.Value(b).Kind() == jsontext.KindBeginArray
	if err == nil && list {
		err = json.Unmarshal(b, &items, lenient())
	}
	if err != nil {
		return fmt.Errorf("cannot encode %T as JSON: %w", v, err)
	}
	out := p.values(w, list)
	for _, item := range items {
		if err := out.value(item); err != nil {
			return err
		}
	}
	return out.end()
}
