package output

import (
	"bufio"
	"encoding/csv"
	"slices"

	"github.com/credctl/credctl/internal/visible"
)

// A rows writes rows of cells in a format that is made of them.
type rows interface {
	row(cells []string) error // which are not kept
	end() error               // what was written is whole
}

// rows returns what writes rows that have these columns.
func (p Printer) rows(w *bufio.Writer, heads []string) rows {
	switch p.Format.name {
	case "csv":
		c := &csvRows{w: csv.NewWriter(w), heads: heads, clean: p.Terminal}
		if p.NoHeaders {
			c.heads = nil
		}
		return c
	case "name":
		return &names{w: w, at: max(0, slices.Index(heads, "id")), clean: p.Terminal}
	}
	return &table{w: w, heads: heads, full: p.Format.columns != nil, bare: p.NoHeaders}
}

// csvRows writes CSV as RFC 4180 has it, but with a bare newline, as Unix tools do.
type csvRows struct {
	w     *csv.Writer
	heads []string
	clean bool
}

func (c *csvRows) head() error {
	heads := c.heads
	if heads == nil {
		return nil
	}
	c.heads = nil
	return c.w.Write(heads)
}

func (c *csvRows) row(cells []string) error {
	if err := c.head(); err != nil {
		return err
	}
	if c.clean {
		for i := range cells {
			cells[i] = visible.Text(cells[i])
		}
	}
	return c.w.Write(cells)
}

func (c *csvRows) end() error { return c.head() }

// names writes the ID of each row, a line each.
type names struct {
	w     *bufio.Writer
	at    int
	clean bool
}

func (n *names) row(cells []string) error {
	name := cells[n.at]
	if n.clean {
		name = visible.Text(name)
	}
	_, err := n.w.WriteString(name + "\n")
	return err
}

func (n *names) end() error { return nil }
