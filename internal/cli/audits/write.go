package audits

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/audit/html"
	"github.com/credctl/credctl/internal/audit/metrics"
	"github.com/credctl/credctl/internal/audit/report"
	"github.com/credctl/credctl/internal/audit/sarif"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/prom"
	"github.com/credctl/credctl/internal/visible"
)

// The formats that only an audit has.
const (
	sarifFormat = "sarif"
	promFormat  = "prom"
	htmlFormat  = "html"
)

// A destination is where an audit goes, and how.
type destination struct {
	report string     // a file, for HTML; "": none
	found  *prom.File // gets what was found; nil: nothing does
	sarif  sarif.Options
}

// destinationOf finds what is wrong with the format before any request.
func destinationOf(run *invocation.Invocation, o options, f files) (d destination, err error) {
	d.report = o.report
	if run.Results.Own == sarifFormat {
		d.sarif = sarif.Options{Category: "default", Muted: o.muted}
		if d.sarif.Files, d.sarif.Fallback, err = locate(o, f); err != nil {
			return d, err
		}
		profile, err := run.Config.Profile(nil)
		if err != nil {
			return d, err
		}
		d.sarif.Category = cmp.Or(profile.Name, d.sarif.Category)
	}
	if o.report != "" {
		err = fsafe.Check(o.report, fsafe.Options{AllowInsecurePerms: true})
	}
	return d, err
}

// write writes what judge gives to its writer, in the format that the user chose, and
// the HTML report and the metrics if they are asked for.
func (d destination) write(run *invocation.Invocation, h report.Header, judge func(report.Writer) error) error {
	if d.report == "" && d.found == nil {
		return d.writeOut(run, h, judge)
	}
	all := &report.Report{Header: h}
	err := d.writeOut(run, h, func(w report.Writer) error { return judge(report.Several{w, all}) })
	if err != nil {
		return err
	}
	if d.found != nil {
		metrics.Add(d.found, all)
	}
	if d.report == "" {
		return nil
	}
	var page bytes.Buffer
	if err := html.Write(&page, all); err != nil {
		return err
	}
	if err := fsafe.WriteFile(d.report, page.Bytes(), fsafe.Options{AllowInsecurePerms: true}); err != nil {
		return err
	}
	run.Streams.Remark("Wrote %s", d.report)
	return nil
}

func (d destination) writeOut(run *invocation.Invocation, h report.Header, judge func(report.Writer) error) error {
	r := run.Results
	switch {
	case r.Own != "":
		return d.writeOwn(run, h, judge)
	case r.Output == "csv":
		w := report.NewCSV(run.Streams.Out, r.Columns, r.NoHeaders, r.CSVRaw)
		w.Terminal = run.Streams.OutTTY
		return judge(w)
	case r.Output == "json" && r.JQ == "":
		w := report.NewJSON(run.Streams.Out, h)
		return errors.Join(judge(w), w.Close())
	case r.Format.ForPeople():
		return writeTable(run, judge)
	}
	var text bytes.Buffer
	w := report.NewJSON(&text, h)
	found := &report.Findings{}
	err := judge(report.Several{w, found})
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	rows := make([][]string, len(found.Found))
	for i, f := range found.Found {
		rows[i] = report.Cells(f, report.Columns())
	}
	return r.Printer().Results(report.Columns(), rows, jsontext.Value(text.Bytes()))
}

// writeOwn writes a format that only an audit has.
func (d destination) writeOwn(run *invocation.Invocation, h report.Header, judge func(report.Writer) error) error {
	all := &report.Report{Header: h}
	if err := judge(all); err != nil {
		return err
	}
	var out bytes.Buffer
	var err error
	switch run.Results.Own {
	case sarifFormat:
		var left int
		if left, err = sarif.Write(&out, all, d.sarif); left > 0 {
			run.Streams.Remark("note: SARIF holds at most %d results; %d were left out", sarif.MaxResults, left)
		}
	case promFormat:
		f := &prom.File{}
		ok := !slices.ContainsFunc(all.Vendors, func(v report.Vendor) bool { return !v.OK })
		f.SetRun(h.Version, h.Generated, ok, time.Time{}, "verb", "audit")
		metrics.Add(f, all)
		out.Write(f.Bytes())
	case htmlFormat:
		err = html.Write(&out, all)
	}
	if err != nil {
		return err
	}
	text := out.Bytes()
	if run.Streams.OutTTY {
		text = []byte(visible.Lines(out.String()))
	}
	_, err = run.Streams.Out.Write(text)
	return err
}

// writeTable writes a line for each finding, the worst first, and a line of counts.
func writeTable(run *invocation.Invocation, judge func(report.Writer) error) error {
	all := &tabled{}
	if err := judge(all); err != nil {
		return err
	}
	columns := report.Short()
	if len(run.Results.Columns) > 0 || run.Results.Output == "wide" {
		columns = report.Columns()
	}
	rows := make([][]string, len(all.Found))
	for i, f := range all.Found {
		rows[i] = report.Cells(f, columns)
		switch {
		case f.Muted != nil:
			rows[i][0] += " (muted)"
		case f.Known:
			rows[i][0] += " (known)"
		}
	}
	if err := run.Results.Keeping(report.Priority()...).Results(columns, rows, all.Found); err != nil || len(run.Results.Columns) > 0 {
		return err
	}
	_, err := fmt.Fprint(run.Streams.Out, run.Streams.FillOut(counts(all.summary, all.vendors)))
	if len(all.Found) > 0 {
		run.OnTerminal("What each rule means, and what to do: credctl help audit-rules")
	}
	return err
}

// tabled is what a table shows.
type tabled struct {
	report.Findings

	vendors []report.Vendor
	summary audit.Summary
}

func (t *tabled) End(vendors []report.Vendor, summary audit.Summary, found []audit.Finding) error {
	t.vendors, t.summary = vendors, summary
	return t.Findings.End(vendors, summary, found)
}

// counts is the line below a table, and one for vendors that were not checked.
func counts(s audit.Summary, vendors []report.Vendor) string {
	var by, not []string
	for severity := audit.Critical; severity >= audit.Note; severity-- {
		if severity == audit.Note {
			by = append(by, plural(s.Findings[severity], severity.String()))
			continue
		}
		by = append(by, fmt.Sprintf("%d %s", s.Findings[severity], severity))
	}
	for _, v := range vendors {
		if !v.OK {
			not = append(not, v.Name)
		}
	}
	text := plural(s.Credentials, "credential") + ": " + strings.Join(by, ", ")
	if s.Muted > 0 {
		text += fmt.Sprintf("; %d muted", s.Muted)
	}
	if s.Unknown > 0 {
		text += fmt.Sprintf("; %d of unknown age", s.Unknown)
	}
	if not != nil {
		text += "\nNot checked: " + strings.Join(not, ", ")
	}
	return text + "\n"
}
