package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// schemaVersion is that of docs/schema/audit.schema.json.
const schemaVersion = 1

// JSON writes an audit as one JSON object. Credentials are written as they come; what
// was found follows them, in the same order.
type JSON struct {
	w       *bufio.Writer
	header  Header
	encoder *output.Encoder
	spool   spool
	text    []byte
	next    string // before the next credential
}

// NewJSON returns a writer of JSON. What was found is kept in a file in the folder for
// temporary files when it is long.
func NewJSON(w io.Writer, h Header) *JSON {
	return &JSON{w: bufio.NewWriterSize(w, 64<<10), header: h, encoder: output.NewEncoder(), next: "\n"}
}

// Credential writes a credential, as a list shows it, and what is known of it.
func (j *JSON) Credential(c *provider.Credential, s audit.Standing, found []audit.Finding) error {
	if err := j.begin(); err != nil {
		return err
	}
	b, err := j.encoder.Encode(c)
	if err != nil {
		return err
	}
	_, _ = j.w.WriteString(j.next) // bufio keeps its first error for the last call
	j.next = ",\n"
	_, _ = j.w.Write(visible.JSON(b[:len(b)-1]))
	if err := j.standing(s); err != nil {
		return err
	}
	return j.found(found)
}

// begin writes what comes before the first credential, once.
func (j *JSON) begin() error {
	if j.next != "\n" {
		return nil
	}
	version, err := json.Marshal(j.header.Version)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(j.w, "{\n\"schema_version\":%d,\n\"generated\":%q,\n\"tool\":{\"name\":\"credctl\",\"version\":%s},\n\"credentials\":[",
		schemaVersion, j.header.Generated.UTC().Format(time.RFC3339), version)
	return err
}

// A standing is [audit.Standing] as JSON shows it, behind the fields of the credential.
type standing struct {
	AgeDays *int      `json:"age_days,omitempty"` // absent: unknown
	Basis   string    `json:"age_basis"`
	Use     string    `json:"last_used_basis"`
	Active  bool      `json:"active"`
	Owner   string    `json:"owner,omitempty"`
	Purpose string    `json:"purpose,omitempty"`
	Review  string    `json:"review,omitempty"`
	Policy  string    `json:"policy,omitempty"`
	Due     time.Time `json:"due,omitzero"`
	Retires time.Time `json:"retires,omitzero"`
	Chain   string    `json:"chain"`
}

func (j *JSON) standing(s audit.Standing) error {
	out := standing{Basis: s.Basis, Use: s.Use, Active: s.Active, Due: s.Due.UTC(), Retires: s.Retires.UTC(), Chain: s.Root}
	if !s.Since.IsZero() {
		days := int(max(0, j.header.Generated.Sub(s.Since)) / duration.Day)
		out.AgeDays = &days
	}
	if s.Owner != nil {
		out.Owner, out.Purpose = s.Owner.Owner, s.Owner.Purpose
		if !s.Owner.Review.IsZero() {
			out.Review = s.Owner.Review.Format(time.DateOnly)
		}
	}
	if s.Policy != nil {
		out.Policy = s.Policy.Name
	}
	b, err := json.Marshal(out)
	if err != nil {
		return err
	}
	b[0] = ',' // in place of the brace: it continues the credential
	_, err = j.w.Write(visible.JSON(b))
	return err
}

func (j *JSON) found(found []audit.Finding) error {
	for _, f := range found {
		b, err := json.Marshal(findingOf(f))
		if err != nil {
			return err
		}
		if err := j.spool.line(visible.JSON(b)); err != nil {
			return err
		}
	}
	return nil
}

// End writes what was found, and the counts.
func (j *JSON) End(vendors []Vendor, summary audit.Summary, found []audit.Finding) error {
	if err := j.begin(); err != nil {
		return err
	}
	if err := j.found(found); err != nil {
		return err
	}
	_, _ = j.w.WriteString("\n],\n\"findings\":[")
	if err := j.spool.copyTo(j.w); err != nil {
		return err
	}
	type scope struct {
		Providers []Vendor `json:"providers"`
	}
	rest, err := json.Marshal(struct {
		Scope   scope   `json:"scope"`
		Summary summing `json:"summary"`
	}{scope{vendors}, summingOf(summary)})
	if err != nil {
		return err
	}
	_, _ = j.w.WriteString("\n],\n")
	_, _ = j.w.Write(visible.JSON(rest[1:]))
	_ = j.w.WriteByte('\n')
	return j.w.Flush()
}

// Close removes the temporary file, if there is one.
func (j *JSON) Close() error { return j.spool.close() }

// A summing is [audit.Summary] as JSON shows it.
type summing struct {
	Credentials int `json:"credentials"`
	Critical    int `json:"critical"`
	High        int `json:"high"`
	Medium      int `json:"medium"`
	Low         int `json:"low"`
	Note        int `json:"note"`
	Muted       int `json:"muted"`
	Unknown     int `json:"unknown"`
}

func summingOf(s audit.Summary) summing {
	n := s.Findings
	return summing{s.Credentials, n[audit.Critical], n[audit.High], n[audit.Medium], n[audit.Low], n[audit.Note], s.Muted, s.Unknown}
}
