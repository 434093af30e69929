// Package results writes what came of a command, as the flags about results say
// that every command has.
package results

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/output/bounds"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

// Options are the flags about results.
type Options struct {
	Output     string // the name of the format
	JQ         string
	Columns    []string
	NoHeaders  bool
	CSVRaw     bool
	MaxMemory  bounds.Size
	ShowSecret bool   // a new secret goes to standard output also where it would not
	SecretFile string // a new secret goes to this new file
}

// A Writer writes results to standard output.
type Writer struct {
	Options

	Format output.Format // of Output, JQ and Columns
	Own    string        // the format, if it is one that the command alone has

	streams *term.Streams
	env     map[string]string
}

// New returns a writer of results in the default format, of a run with this environment.
func New(streams *term.Streams, env map[string]string) *Writer {
	return &Writer{Options: Options{MaxMemory: 1 << 30}, streams: streams, env: env}
}

// Parse finds what is wrong with the options of a command, which may have formats of its
// own, and may issue secrets. heads are its columns, if its results are no credentials.
func (w *Writer) Parse(own, heads []string, issues bool) (err error) {
	if !slices.Contains(own, w.Output) {
		valid := output.Formats()
		if !issues {
			valid = output.ForLists()
		}
		w.Format, err = output.Parse(append(valid, own...), w.Output, w.JQ, w.Columns, heads...)
		return err
	}
	if w.JQ != "" || len(w.Columns) > 0 {
		return provider.Usage("-o %s does not support --jq and --columns", w.Output)
	}
	w.Own = w.Output
	return nil
}

// ForPrograms reports whether errors are written as JSON.
func (w *Writer) ForPrograms() bool { return output.AsksJSON(w.Output) || w.JQ != "" }

// Printer returns what writes results that are no new secrets.
func (w *Writer) Printer() output.Printer {
	return output.Printer{
		W: w.streams.Out, Format: w.Format, NoHeaders: w.NoHeaders, Terminal: w.streams.OutTTY,
		CSVRaw: w.CSVRaw, Width: w.streams.Width(), Color: w.streams.Color(), LeftOut: w.leftOut,
		Append: w.appendTo, Bound: w.streams.Bound, MaxMemory: w.MaxMemory,
	}
}

// Keeping returns a [Writer.Printer] of a table that keeps these columns on a narrow
// terminal.
func (w *Writer) Keeping(columns ...string) output.Printer {
	p := w.Printer()
	p.Keep = columns
	return p
}

// leftOut names the columns that the terminal is too narrow for.
func (w *Writer) leftOut(columns []string) {
	w.streams.Remark("note: not shown: %s (use -o wide or --columns)", strings.Join(columns, ", "))
}

// NotIssued refuses a format that shows what was just issued, for a command that
// issues nothing.
func (w *Writer) NotIssued(what string) error {
	if w.Format.Issued() {
		return provider.Hint(provider.Usage("-o %s is not valid with %s: it prints a new secret", w.Output, what), "pass another format: %s", strings.Join(output.ForLists(), ", "))
	}
	return nil
}

// Fits refuses a format that is for a new secret, but not for one of this shape, or
// not for one that goes elsewhere and is not revealed.
func (w *Writer) Fits(shape provider.Shape, reveal bool) error {
	if !w.Format.Issued() {
		return nil
	}
	if err := w.Format.CanHold(shape); err != nil {
		return err
	}
	if !reveal {
		return provider.Hint(provider.Usage("-o %s prints only the secret, which is delivered elsewhere", w.Output), "add --show-secret, or use -o json")
	}
	return w.checkFile()
}

// CheckShown refuses what does not show a new secret on standard output.
func (w *Writer) CheckShown() error {
	if w.streams.Out.Discards() {
		return provider.Hint(provider.Usage("the new secret would be lost: standard output is closed or the null device, and it cannot be retrieved later"),
			"pass --secret-file FILE or --to DESTINATION")
	}
	if w.Format.HoldsSecret() || w.Format.ForPeople() && (w.streams.Watched() || w.ShowSecret) {
		return nil
	}
	if w.JQ != "" { // its result may be anything
		return provider.Hint(provider.Usage("the new secret would be lost: --jq may not print it, and it cannot be retrieved later"),
			"pass --secret-file FILE or --to DESTINATION, or leave out --jq")
	}
	return provider.Hint(provider.Usage("the new secret would be lost: -o %s does not print it here, and it cannot be retrieved later", w.Output),
		"pass --secret-file FILE, --to DESTINATION or -o json; --show-secret prints it in a table, even to a pipe")
}

// Brief reports whether results are a table of the standard columns, which only people
// read.
func (w *Writer) Brief() bool {
	return w.Format.ForPeople() && w.Output != "wide" && len(w.Columns) == 0
}

// Answer writes what came of a command that shows no credentials: values under
// their heads where a program or --columns asks for them, and else a sentence. To
// programs a value that is "" is left out.
func (w *Writer) Answer(heads []string, sentence func() error, values ...any) error {
	if w.Format.ForPeople() && len(w.Columns) == 0 {
		return sentence()
	}
	row, object := make([]string, len(heads)), map[string]any{}
	for i, v := range values {
		row[i] = fmt.Sprint(v)
		if v != "" {
			object[heads[i]] = v
		}
	}
	return w.Printer().Results(heads, [][]string{row}, object)
}

// Unshown is the error of writing the result of what was done, such as "deleted x". It
// is of class [provider.ErrPartial], whatever kept the result from being written: a
// script must not take it for a command that did nothing.
func (*Writer) Unshown(done string, err error) error {
	if err == nil || errors.Is(err, term.ErrReaderGone) || errors.Is(err, provider.ErrPartial) {
		return err
	}
	return provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s, but could not show the result: %w", done, err))
}

// Time is a time as a cell of a table; none is empty.
func Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// YesNo is a boolean as a cell of a table.
func YesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
