package output

import (
	"bufio"
	"slices"

	"github.com/credctl/credctl/internal/output/rowtext"
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
			return nil, unknown(name, known, "unknown column %q (valid: %s)", "did you mean %s?")
		}
	}
	return at, nil
}

func newTable(p Printer, w *bufio.Writer, columns []string) rowWriter {
	t := &table.Table{W: w, Columns: columns, Empty: p.Format.columns != nil, Header: !p.NoHeaders}
	if !p.Format.spec().whole && p.Format.columns == nil { // columns that were asked for are all shown
		t.Width, t.LeftOut, t.Stack, t.Keep = p.Width, p.LeftOut, true, p.Keep
		if t.Keep == nil {
			t.Keep = []string{"id", "name"}
		}
	}
	if p.Color {
		t.Style = colored
	}
	return t
}

// colored adds colour to a status: green for what works, yellow for what is to
// come, red for what does not work any more.
func colored(column, cell string) string {
	if column != "status" {
		return cell
	}
	switch cell {
	case "active", "configured", "enabled":
		return "\x1b[32m" + cell + "\x1b[0m"
	case "pending":
		return "\x1b[33m" + cell + "\x1b[0m"
	case "revoked", "expired", "disabled":
		return "\x1b[31m" + cell + "\x1b[0m"
	}
	return cell
}

func newCSV(p Printer, w *bufio.Writer, columns []string) rowWriter {
	if p.NoHeaders {
		columns = nil
	}
	return rowtext.NewCSV(w, columns, p.CSVRaw)
}

// newNames writes the ID of each row, or else its first cell.
func newNames(_ Printer, w *bufio.Writer, columns []string) rowWriter {
	return rowtext.Names{W: w, Column: max(0, slices.Index(columns, "id"))}
}
