// Package table draws tables: aligned, without borders, and with each cell in full.
// On a terminal that is too narrow it leaves out whole columns, the least important first,
// so that no line wraps.
//
// tablewriter draws as many rows as a person reads. It takes 34 µs for a row of
// eight columns, nearly thirty times as much as the rows after those, which are
// drawn in the same layout here: a listing of 10,000 would take most of its time.
package table

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/credctl/credctl/internal/visible"
)

// The first rows of a table fix its columns and their widths; the others go out
// as they come, so that the longest listing needs no more memory, and shows
// something at once. A wider cell than those pushes the rest of its row.
const (
	sampled = 1000
	read    = 100  // of these, by a person
	gap     = "  " // between columns
)

// A Table writes rows to W. Control characters are replaced by question marks.
type Table struct {
	W       io.Writer
	Columns []string // in snake case
	Empty   bool     // show columns in which there is nothing, too
	Header  bool     // show the names of the columns

	// Width is that of the terminal; 0: nothing is left out. Columns are left out
	// from the right, but for those in Keep; LeftOut is told which, once. Where those in
	// Keep do not fit, a name or a path may be shortened, and a sentence or the widest
	// column comes below each row. With Stack one row alone becomes a line for each
	// column instead.
	Width   int
	Keep    []string
	LeftOut func(columns []string)
	Stack   bool

	Style func(column, cell string) string // adds colour to a cell; nil: none

	sample [][]string
	widths []int // of the columns; hidden for some; nil as long as sample grows
	short  int   // the column whose cells are shortened to its width; -1: none
	below  []int // the columns whose cells come below the row, in order
	line   []byte
}

const hidden = -1

// Row adds a row, whose cells it may change, but does not keep.
func (t *Table) Row(cells []string) error {
	for i := range cells {
		cells[i] = day(t.Columns[i], strings.TrimSpace(visible.Text(cells[i])))
	}
	if t.widths != nil {
		return t.draw(cells)
	}
	if t.sample = append(t.sample, slices.Clone(cells)); len(t.sample) < sampled {
		return nil
	}
	t.Empty = true // nobody knows what is in the rows to come
	return t.begin()
}

// End writes what is left. A table without rows is empty.
func (t *Table) End() error {
	if t.widths == nil && len(t.sample) > 0 {
		return t.begin()
	}
	return nil
}

// begin fixes the layout, and writes the header and the sample.
func (t *Table) begin() error {
	t.widths = make([]int, len(t.Columns))
	for i, name := range t.Columns {
		if !t.Empty && !slices.ContainsFunc(t.sample, func(row []string) bool { return row[i] != "" }) {
			t.widths[i] = hidden
			continue
		}
		if t.Header {
			t.widths[i] = width(name)
		}
		for _, row := range t.sample {
			t.widths[i] = max(t.widths[i], width(row[i]))
		}
	}
	if t.short = -1; !t.fits() {
		if t.Stack && len(t.sample) == 1 {
			return t.stack()
		}
		t.narrow()
	}
	n := min(read, len(t.sample))
	if t.below != nil {
		n = 0 // the library draws no rows of several lines
		if err := t.heads(); err != nil {
			return err
		}
	} else if err := t.render(t.sample[:n]); err != nil {
		return err
	}
	for _, row := range t.sample[n:] {
		if err := t.draw(row); err != nil {
			return err
		}
	}
	t.sample = nil
	return nil
}

// near is how far from now a time must be that a person plans by the hour.
const near = 2 * 24 * time.Hour

// day shortens a time, in RFC 3339, to its day. Of when something ends or is due, or a run
// was, it keeps the hour where that is near, by the clock of the reader. Columns of times
// are known by name.
func day(column, cell string) string {
	planned := slices.Contains([]string{"expires", "started", "retires", "due_at", "next_due", "last_run", "last_success"}, column)
	if !planned && !slices.Contains([]string{"created", "updated", "last_used"}, column) {
		return cell
	}
	at, err := time.Parse(time.RFC3339Nano, cell)
	switch {
	case err != nil:
		return cell
	case planned && time.Until(at).Abs() <= near:
		return at.Local().Format("2006-01-02 15:04")
	}
	return at.UTC().Format(time.DateOnly)
}

// heads writes the header of a table whose rows have several lines.
func (t *Table) heads() error {
	if !t.Header {
		return nil
	}
	names := make([]string, len(t.Columns))
	for i, name := range t.Columns {
		names[i] = title(name)
	}
	plain := *t
	plain.Style, plain.short = nil, -1
	return plain.draw(names)
}

// draw writes a row as render does, without spaces at its end, and below it what has no
// room there.
func (t *Table) draw(row []string) error {
	line, spaces := t.line[:0], 0
	for i, cell := range row {
		if t.widths[i] == hidden {
			continue
		}
		if cell = t.shorten(i, cell); cell != "" {
			for range spaces {
				line = append(line, ' ')
			}
			line = append(line, t.style(i, cell)...)
			spaces = -width(cell)
		}
		spaces = max(spaces+t.widths[i], 0) + len(gap)
	}
	t.line = append(line, '\n')
	if _, err := t.W.Write(t.line); err != nil {
		return err
	}
	return t.folded(row)
}

// width is how many columns of a terminal s takes.
func width(s string) int {
	if visible.ASCII(s) {
		return len(s)
	}
	return twwidth.Width(s)
}
