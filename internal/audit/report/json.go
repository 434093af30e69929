package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

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
	text    []byte // of a standing, used again for each
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

// standing writes [audit.Standing] behind the fields of the credential: member by
// member, because reflection takes several times as long.
func (j *JSON) standing(s audit.Standing) error {
	b := j.text[:0]
	text := func(name, value string) {
		if value != "" {
			b, _ = jsontext.AppendQuote(append(append(append(b, `,"`...), name...), `":`...), value) // the error is that of invalid UTF-8, which is replaced
		}
	}
	at := func(name string, t time.Time) {
		if !t.IsZero() {
			text(name, t.UTC().Format(time.RFC3339))
		}
	}
	if !s.Since.IsZero() {
		b = strconv.AppendInt(append(b, `,"age_days":`...), int64(max(0, j.header.Generated.Sub(s.Since))/duration.Day), 10)
	}
	text("age_basis", s.Basis)
	text("last_used_basis", s.Use)
	b = strconv.AppendBool(append(b, `,"active":`...), s.Active)
	if s.Owner != nil {
		text("owner", s.Owner.Owner)
		text("purpose", s.Owner.Purpose)
		if !s.Owner.Review.IsZero() {
			text("review", s.Owner.Review.Format(time.DateOnly))
		}
	}
	if s.Policy != nil {
		text("policy", s.Policy.Name)
	}
	at("due", s.Due)
	at("retires", s.Retires)
	b, _ = jsontext.AppendQuote(append(b, `,"chain":`...), s.Root)
	j.text = append(b, '}')
	_, err := j.w.Write(visible.JSON(j.text))
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
