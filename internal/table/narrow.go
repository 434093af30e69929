package table

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/visible"
)

// A name is shortened to this, or to a quarter of the terminal, at least.
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

// narrow hides columns until the rest fits, and tells which they are. What a table keeps
// and has no room for comes below its row.
func (t *Table) narrow() {
	full := slices.Clone(t.widths)
	for t.leaveOut(); !t.fits() && !t.squeeze(); t.leaveOut() {
		next := t.next()
		if next < 0 {
			break
		}
		t.below = append(t.below, next)
		copy(t.widths, full)
		for _, i := range t.below {
			t.widths[i] = hidden
		}
	}
	slices.Sort(t.below)
	var out []string
	for i, name := range t.Columns {
		if t.widths[i] == hidden && full[i] != hidden && !slices.Contains(t.below, i) {
			out = append(out, name)
		}
	}
	if len(out) > 0 && t.LeftOut != nil {
		t.LeftOut(out)
	}
}

// leaveOut hides columns that are not in Keep from the right, until the rest fits.
func (t *Table) leaveOut() {
	for i := len(t.widths) - 1; i >= 0 && !t.fits(); i-- {
		if !slices.Contains(t.Keep, t.Columns[i]) && (len(t.Keep) > 0 || i > 0) {
			t.widths[i] = hidden
		}
	}
}

// squeeze shortens a name or a path to the room that the other columns leave, and reports
// whether that is enough of it.
func (t *Table) squeeze() bool {
	i := slices.IndexFunc(t.Columns, nameOrPath)
	if i < 0 || t.widths[i] == hidden {
		return false
	}
	room := t.widths[i] + t.Width - t.total()
	if room < max(shortest, t.Width/4) {
		return false
	}
	t.short, t.widths[i] = i, room
	return true
}

// next returns the column that comes below the rows next: a sentence, or else the
// widest that is not shortened; -1: only one is left.
func (t *Table) next() int {
	next, shown := -1, 0
	rank := func(i int) int {
		switch {
		case wordy(t.Columns[i]):
			return 2
		case nameOrPath(t.Columns[i]):
			return 0
		}
		return 1
	}
	for i, n := range t.widths {
		if n == hidden {
			continue
		}
		shown++
		if next < 0 || cmp.Or(cmp.Compare(rank(i), rank(next)), cmp.Compare(n, t.widths[next])) > 0 {
			next = i
		}
	}
	if shown < 2 {
		return -1
	}
	return next
}

// nameOrPath reports whether the cells of a column still tell something when they are
// shortened: an ID does not.
func nameOrPath(column string) bool { return column == "name" || column == "file" }

// wordy reports whether the cells of a column are filled at words: an ID is not.
func wordy(column string) bool {
	return slices.Contains([]string{"message", "reason", "error", "destinations", "scopes", "value"}, column)
}

// folded writes the cells of a row that come below it.
func (t *Table) folded(row []string) error {
	for _, i := range t.below {
		if row[i] == "" {
			continue
		}
		for line := range strings.SplitSeq(t.fill(i, row[i], t.Width-len(gap)), "\n") {
			if _, err := io.WriteString(t.W, gap+t.style(i, line)+"\n"); err != nil {
				return err
			}
		}
	}
	return nil
}

// fill returns a cell in lines of a width, if it can be divided.
func (t *Table) fill(column int, cell string, room int) string {
	if !wordy(t.Columns[column]) || width(cell) <= room {
		return cell
	}
	if t.Columns[column] == "scopes" {
		cell = strings.ReplaceAll(cell, ",", ", ")
	}
	return visible.Fill(cell, max(shortest, room))
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

// stack writes the only row as a line for each column. What does not fit next to its name
// comes below it.
func (t *Table) stack() error {
	head := 0
	for i, name := range t.Columns {
		if t.widths[i] != hidden {
			head = max(head, len(name)+len(gap))
		}
	}
	row := t.sample[0]
	t.sample = nil
	for i, cell := range row {
		if t.widths[i] == hidden {
			continue
		}
		between, margin := strings.Repeat(" ", head-len(t.Columns[i])), head
		lines := strings.Split(t.fill(i, cell, t.Width-head), "\n")
		if slices.ContainsFunc(lines, func(line string) bool { return head+width(line) > t.Width }) {
			between, margin = "\n"+gap, len(gap)
			lines = strings.Split(t.fill(i, cell, t.Width-margin), "\n")
		}
		for n, line := range lines {
			lines[n] = t.style(i, line)
		}
		text := strings.TrimRight(title(t.Columns[i])+between+strings.Join(lines, "\n"+strings.Repeat(" ", margin)), " ")
		if _, err := io.WriteString(t.W, text+"\n"); err != nil {
			return err
		}
	}
	return nil
}
