package output

import (
	"bufio"
	"encoding/csv"
	"slices"

	"github.com/credctl/credctl/internal/table"
	"github.com/credctl/credctl/internal/visible"
)

// A rowWriter writes rows of cells in a format that is made of them.
type rowWriter interface {
	Row(cells []string) error // which are not kept, but may be changed
	End() error               // what was written is complete
}

// rows returns what writes a row of these columns, and what ends the output. When
// no columns are chosen, it shows the standard ones.
func (p Printer) rows(w *bufio.Writer, standard, columns []string) (add func(cell func(column int) string) error, end func() error, err error) {
	picked := p.Format.columns
	if picked == nil {
		picked = standard
	}
	at, err := positions(picked, columns)
	if err != nil {
		return nil, nil, err
	}
	out, cells := p.Format.spec().rows(p, w, picked), make([]string, len(picked))
	return func(cell func(column int) string) error {
		for i, column := range at {
			if cells[i] = cell(column); p.Terminal {
				cells[i] = visible.Text(cells[i])
			}
		}
		return out.Row(cells)
	}, out.End, nil
}

// positions returns where each of names is among known.
func positions(names, known []string) ([]int, error) {
	at := make([]int, len(names))
	for i, name := range names {
		if at[i] = slices.Index(known, name); at[i] < 0 {
			return nil, unknown(name, known, "there is no column %q; there are %s", "did you mean %s?")
		}
	}
	return at, nil
}

func newTable(p Printer, w *bufio.Writer, columns []string) rowWriter {
	return &table.Table{W: w, Columns: columns, Empty: p.Format.columns != nil, Header: !p.NoHeaders}
}

// csvRows writes CSV as RFC 4180 has it, but with a bare newline, as Unix tools do.
type csvRows struct {
	w      *csv.Writer
	header []string // nil: written, or not to be
}

func newCSV(p Printer, w *bufio.Writer, columns []string) rowWriter {
	if p.NoHeaders {
		columns = nil
	}
	return &csvRows{w: csv.NewWriter(w), header: columns}
}

func (c *csvRows) Row(cells []string) error {
	if err := c.End(); err != nil {
		return err
	}
	return c.w.Write(cells)
}

// End writes the header, which is there even when there are no rows.
func (c *csvRows) End() error {
	if c.header == nil {
		return nil
	}
	err := c.w.Write(c.header)
	c.header = nil
	return err
}

// names writes one cell of each row, a line each: the ID, or else the first.
type names struct {
	w  *bufio.Writer
	at int
}

func newNames(_ Printer, w *bufio.Writer, columns []string) rowWriter {
	return names{w, max(0, slices.Index(columns, "id"))}
}

func (n names) Row(cells []string) error {
	_, err := n.w.WriteString(cells[n.at] + "\n")
	return err
}

func (names) End() error { return nil }
