package table

import (
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/visible"
)

// A column is shortened to this, or to a quarter of the terminal, at least; where there is
// less room it is left out.
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
		if !slices.Contains(t.Keep, t.Columns[i]) {
			t.widths[i] = hidden
		}
	}
	if !t.fits() {
		t.choose(before)
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

// choose shows of the columns in Keep the first, and each after it that fits. The last
// one of text is shortened to the room that the others leave. full are the widths of all.
func (t *Table) choose(full []int) {
	t.widths = slices.Repeat([]int{hidden}, len(full))
	var kept []int
	for _, name := range t.Keep {
		if i := slices.Index(t.Columns, name); i >= 0 && full[i] != hidden {
			kept = append(kept, i)
			if slices.Contains(texts(), name) {
				t.short = i
			}
		}
	}
	if kept == nil {
		kept = []int{slices.IndexFunc(full, func(n int) bool { return n != hidden })}
	}
	for n, i := range kept {
		t.widths[i] = full[i]
		if i == t.short {
			t.widths[i] = min(full[i], max(shortest, t.Width/4))
		}
		if n > 0 && !t.fits() {
			t.widths[i] = hidden
		}
	}
	if t.short >= 0 && t.widths[t.short] != hidden {
		t.widths[t.short] = min(full[t.short], t.widths[t.short]+max(0, t.Width-t.total()))
	}
}

// texts are the names of columns whose cells still tell something when they are
// shortened: an ID does not.
func texts() []string {
	return []string{"name", "file", "value", "message", "reason", "error", "destinations"}
}

// shorten cuts a cell of the column that is shortened: a path at its beginning, because
// its end tells more.
func (t *Table) shorten(column int, cell string) string {
	if column != t.short || width(cell) <= t.widths[column] {
		return cell
	}
	const mark = "…"
	path := t.Columns[column] == "file"
	for cell != "" && width(cell)+width(mark) > t.widths[column] {
		if r := []rune(cell); path {
			cell = string(r[1:])
		} else {
			cell = string(r[:len(r)-1])
		}
	}
	if path {
		return mark + cell
	}
	return strings.TrimRight(cell, " ") + mark
}

// stack writes the only row as a line for each column. Text that does not fit is filled.
func (t *Table) stack() error {
	down := Table{W: t.W, Columns: []string{"column", "value"}, Empty: true}
	head := 0
	for i, name := range t.Columns {
		if t.widths[i] != hidden {
			head = max(head, len(name)+len(gap))
		}
	}
	for i, cell := range t.sample[0] {
		if t.widths[i] == hidden {
			continue
		}
		name := title(t.Columns[i])
		if slices.Contains([]string{"message", "reason", "error", "destinations"}, t.Columns[i]) {
			cell = visible.Fill(cell, max(shortest, t.Width-head))
		}
		for line := range strings.SplitSeq(cell, "\n") {
			if err := down.Row([]string{name, line}); err != nil {
				return err
			}
			name = ""
		}
	}
	t.sample = nil
	return down.End()
}
