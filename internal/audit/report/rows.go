package report

import (
	"bufio"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/output/rowtext"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// Columns are those of a finding as a row. They are frozen.
func Columns() []string {
	return []string{"severity", "rule", "title", "message", "provider", "kind", "id", "name", "score", "since", "muted", "muted_until", "known", "fix", "fingerprint"}
}

// Short are the columns of a table.
func Short() []string { return []string{"severity", "rule", "message", "provider", "id", "name"} }

// Priority are the columns that a table keeps on a narrow terminal.
func Priority() []string { return []string{"severity", "message", "provider", "name"} }

// Cells returns a finding as a row with these columns. What is unknown is empty.
func Cells(f audit.Finding, columns []string) []string {
	all := []string{
		f.Severity.String(), f.Rule.ID, f.Rule.Name, f.Message, f.Ref.Provider, f.Ref.Kind, f.Ref.ID, f.Name,
		strconv.FormatFloat(f.Score, 'f', 1, 64), stamp(f.Since), strconv.FormatBool(f.Muted != nil), "", strconv.FormatBool(f.Known), f.Fix, f.Fingerprint,
	}
	if f.Muted != nil {
		all[11] = f.Muted.Until.Format(time.DateOnly)
	}
	cells := make([]string, len(columns))
	for i, name := range columns {
		cells[i] = all[slices.Index(Columns(), name)]
	}
	return cells
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// CSV writes a row for each finding as it comes.
type CSV struct {
	Terminal bool // what a terminal would act on is replaced by question marks

	w       *bufio.Writer
	rows    *rowtext.CSV
	columns []string
}

// NewCSV returns a writer of CSV with these columns; nil: all. Unless raw, cells that
// look like formulas are defused.
func NewCSV(w io.Writer, columns []string, noHeaders, raw bool) *CSV {
	if len(columns) == 0 {
		columns = Columns()
	}
	header := columns
	if noHeaders {
		header = nil
	}
	out := bufio.NewWriterSize(w, 64<<10)
	return &CSV{w: out, rows: rowtext.NewCSV(out, header, raw), columns: columns}
}

// Credential writes what was found of a credential.
func (c *CSV) Credential(_ *provider.Credential, _ audit.Standing, found []audit.Finding) error {
	for _, f := range found {
		cells := Cells(f, c.columns)
		for i := range cells {
			if c.Terminal {
				cells[i] = visible.Text(cells[i])
			}
		}
		if err := c.rows.Row(cells); err != nil {
			return err
		}
	}
	return nil
}

// End writes the rest.
func (c *CSV) End(_ []Vendor, _ audit.Summary, found []audit.Finding) error {
	if err := c.Credential(nil, audit.Standing{}, found); err != nil {
		return err
	}
	if err := c.rows.End(); err != nil {
		return err
	}
	return c.w.Flush()
}
