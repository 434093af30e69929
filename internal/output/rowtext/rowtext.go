// Package rowtext writes rows of cells as text for programs: CSV, and names.
package rowtext

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// CSV writes CSV as RFC 4180 has it, but with a bare newline, as Unix tools do.
type CSV struct {
	w      *csv.Writer
	header []string // nil: written, or not to be
	raw    bool     // cells are written as they are
}

// NewCSV returns a writer of CSV with a header; nil: none. Unless raw, a cell that
// a spreadsheet would run as a formula gets an apostrophe before it.
func NewCSV(w io.Writer, header []string, raw bool) *CSV {
	return &CSV{w: csv.NewWriter(w), header: header, raw: raw}
}

// Row writes a row, whose cells it may change, but does not keep.
func (c *CSV) Row(cells []string) error {
	if err := c.End(); err != nil {
		return err
	}
	if !c.raw {
		for i, cell := range cells {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				cells[i] = "'" + cell
			}
		}
	}
	return c.w.Write(cells)
}

// End writes the header, which is there even when there are no rows.
func (c *CSV) End() error {
	if c.header == nil {
		return nil
	}
	err := c.w.Write(c.header)
	c.header = nil
	return err
}

// Names writes one cell of each row, a line each.
type Names struct {
	W      io.StringWriter
	Column int
}

// Row writes a row. It refuses a cell that would not be one line.
func (n Names) Row(cells []string) error {
	cell := cells[n.Column]
	if strings.ContainsAny(cell, "\r\n") {
		return provider.Hint(fmt.Errorf("cannot print %q as a name: it contains a line break", visible.OneLine(cell)), "use -o json")
	}
	_, err := n.W.WriteString(cell + "\n")
	return err
}

// End does nothing: nothing follows the last name.
func (Names) End() error { return nil }
