package output

import (
	"bufio"
	"bytes"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/credctl/credctl/internal/visible"
)

// The first rows of a table fix its columns and their widths; the others go out
// as they come, so that the longest listing needs no more memory, and shows
// something at once. A cell that is wider than those pushes the rest of its row.
//
// tablewriter takes 3 µs for a cell, twenty times as much as all the rest of a
// listing, so it draws as many rows as a person reads, and row draws the others
// in the same layout.
const (
	fixing = 1000
	drawn  = 100
	gap    = "  " // between columns
)

// A table is aligned, has no borders, and neither cuts nor wraps a cell,
// however narrow the terminal is.
type table struct {
	w     *bufio.Writer
	heads []string
	full  bool // show columns in which there is nothing, too
	bare  bool // no heads

	first  [][]string
	shown  []int // the columns, as indexes into heads; nil as long as first grows
	widths []int // of the columns that are shown
	line   []byte
}

func (t *table) row(cells []string) error {
	for i := range cells {
		cells[i] = strings.TrimSpace(visible.Text(cells[i]))
	}
	if t.shown != nil {
		return t.draw(cells)
	}
	if t.first = append(t.first, slices.Clone(cells)); len(t.first) < fixing {
		return nil
	}
	t.full = true // nobody knows what is in the rows to come
	return t.begin()
}

func (t *table) end() error {
	if t.shown == nil && len(t.first) > 0 {
		return t.begin()
	}
	return nil
}

// begin writes the heads and the first rows.
func (t *table) begin() error {
	for i, head := range t.heads {
		if !t.full && !slices.ContainsFunc(t.first, func(row []string) bool { return row[i] != "" }) {
			continue
		}
		widest := width(head)
		if t.bare {
			widest = 0
		}
		for _, row := range t.first {
			widest = max(widest, width(row[i]))
		}
		t.shown, t.widths = append(t.shown, i), append(t.widths, widest)
	}
	n := min(drawn, len(t.first))
	if err := t.render(t.first[:n]); err != nil {
		return err
	}
	for _, row := range t.first[n:] {
		if err := t.draw(row); err != nil {
			return err
		}
	}
	t.first = nil
	return nil
}

// render draws the heads and rows with tablewriter.
func (t *table) render(rows [][]string) error {
	widths := tw.NewMapper[int, int]()
	for i, n := range t.widths {
		widths.Set(i, n+len(gap))
	}
	var b bytes.Buffer
	drawing := tablewriter.NewTable(&b,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
		})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithPadding(tw.Padding{Right: gap, Overwrite: true}),
		tablewriter.WithColumnWidths(widths),
	)
	if !t.bare {
		heads := t.pick(t.heads)
		for i, h := range heads {
			heads[i] = strings.ToUpper(strings.ReplaceAll(h, "_", " "))
		}
		drawing.Header(heads)
	}
	for _, row := range rows {
		if err := drawing.Append(t.pick(row)); err != nil {
			return err
		}
	}
	if err := drawing.Render(); err != nil {
		return err
	}
	for line := range bytes.Lines(b.Bytes()) {
		if _, err := t.w.Write(append(bytes.TrimRight(line, " \n"), '\n')); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) pick(row []string) []string {
	picked := make([]string, len(t.shown))
	for i, at := range t.shown {
		picked[i] = row[at]
	}
	return picked
}

// draw writes a row as render does.
func (t *table) draw(row []string) error {
	line, spaces := t.line[:0], 0
	for i, at := range t.shown {
		if cell := row[at]; cell != "" {
			for range spaces {
				line = append(line, ' ')
			}
			line = append(line, cell...)
			spaces = -width(cell)
		}
		spaces = max(spaces+t.widths[i], 0) + len(gap)
	}
	t.line = append(line, '\n')
	_, err := t.w.Write(t.line)
	return err
}

// width is how many columns of a terminal s takes.
func width(s string) int {
	if visible.ASCII(s) {
		return len(s)
	}
	return twwidth.Width(s)
}
