package table

import (
	"slices"
	"strings"
)

// A column is shortened to this at least; a narrower one is left out.
const shortest = 6

// fits reports whether the columns that are not hidden fit the terminal.
func (t *Table) fits() bool { return t.Width <= 0 || t.total() <= t.Width }

// total is how wide a line is.
func (t *Table) total() int {
	sum := -len(gap)
	for _, n := range t.widths {
		if n != hidden {
			sum += n + len(gap)
		}
	}
	return sum
}

// narrow hides columns until the rest fits, and tells which they are.
func (t *Table) narrow() {
	before := slices.Clone(t.widths)
	for i := len(t.widths) - 1; i >= 0 && !t.fits(); i-- {
		if t.widths[i] != hidden && !slices.Contains(t.Keep, t.Columns[i]) {
			t.widths[i] = hidden
		}
	}
	if len(t.Keep) > 1 && !t.fits() {
		if last := slices.Index(t.Columns, t.Keep[len(t.Keep)-1]); last >= 0 && t.widths[last] != hidden {
			if t.short = last; t.widths[last]-(t.total()-t.Width) < shortest {
				t.widths[last] = hidden
			} else {
				t.widths[last] -= t.total() - t.Width
			}
		}
	}
	var out []string
	for i, name := range t.Columns {
		if t.widths[i] == hidden && before[i] != hidden {
			out = append(out, name)
		}
	}
	if len(out) > 0 && t.LeftOut != nil {
		t.LeftOut(out)
	}
}

// shorten cuts a cell of the column that is shortened.
func (t *Table) shorten(column int, cell string) string {
	if column != t.short || width(cell) <= t.widths[column] {
		return cell
	}
	const mark = "…"
	for cell != "" && width(cell)+width(mark) > t.widths[column] {
		r := []rune(cell)
		cell = string(r[:len(r)-1])
	}
	return strings.TrimRight(cell, " ") + mark
}

// stack writes the only row as a line for each column.
func (t *Table) stack() error {
	down := Table{W: t.W, Columns: []string{"column", "value"}, Empty: true}
	for i, cell := range t.sample[0] {
		if t.widths[i] == hidden {
			continue
		}
		if err := down.Row([]string{title(t.Columns[i]), cell}); err != nil {
			return err
		}
	}
	t.sample = nil
	return down.End()
}
