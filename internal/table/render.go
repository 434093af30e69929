package table

import (
	"bytes"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// render writes the header and rows with tablewriter.
func (t *Table) render(rows [][]string) error {
	widths, shown := tw.NewMapper[int, int](), 0
	for _, n := range t.widths {
		if n != hidden {
			widths.Set(shown, n+len(gap))
			shown++
		}
	}
	var b bytes.Buffer
	table := tablewriter.NewTable(&b,
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
	if t.Header {
		table.Header(t.shown(t.Columns, func(_ int, name string) string { return title(name) }))
	}
	for _, row := range rows {
		if err := table.Append(t.shown(row, func(i int, cell string) string { return t.style(i, t.shorten(i, cell)) })); err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	for line := range bytes.Lines(b.Bytes()) { // which the library fills up with spaces, after colour with a reset too
		if rest, ok := bytes.CutSuffix(bytes.TrimRight(line, " \n"), []byte(" \x1b[0m")); ok {
			line = rest
		}
		if _, err := t.W.Write(append(bytes.TrimRight(line, " \n"), '\n')); err != nil {
			return err
		}
	}
	return nil
}

// shown returns the cells of a row that are not in a hidden column, as draw makes them.
func (t *Table) shown(row []string, draw func(column int, cell string) string) []string {
	cells := make([]string, 0, len(row))
	for i, cell := range row {
		if t.widths[i] != hidden {
			cells = append(cells, draw(i, cell))
		}
	}
	return cells
}

// style adds colour to a cell of a column.
func (t *Table) style(column int, cell string) string {
	if t.Style == nil {
		return cell
	}
	return t.Style(t.Columns[column], cell)
}

// title is a column's name in the header.
func title(column string) string { return strings.ToUpper(strings.ReplaceAll(column, "_", " ")) }
