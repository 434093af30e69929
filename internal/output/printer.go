// Package output writes credentials for people and for programs. Together with
// the requests and the deliveries it is the place where secrets are revealed,
// and it does so only for a [Printer] that is told to.
package output

import (
	"bufio"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// A Printer writes to one place in one format. Errors of writing are returned
// as they are, so that a broken pipe can be told from a failure.
type Printer struct {
	W      io.Writer
	Format Format

	NoHeaders bool // leave out the heads of a table and of CSV
	Mixed     bool // a table tells the provider of each credential
	Reveal    bool // write the secret of what was issued; otherwise there is none
	Terminal  bool // W is one: what would act on it is replaced by question marks
	Eager     bool // write out each item as it comes, where each took a request

	// Shape is what the secret consists of, as in [provider.Kind].
	Shape provider.Shape
}

// List writes what seq lists: as it comes, but for tables, which wait for a
// thousand rows or the end, and YAML and jq, which wait for the end. When seq
// fails, its error is returned and what was written is not whole: an array is
// left open, and of what waits nothing is written.
func (p Printer) List(seq iter.Seq2[provider.Credential, error]) error {
	if p.Format.Issued() {
		return p.notIssued()
	}
	w := bufio.NewWriterSize(p.W, 64<<10)
	add, end, err := p.credentials(w, true)
	if err != nil {
		return err
	}
	shown := false
	var current provider.Credential // one place for all: a pointer to c would need one each
	for c, err := range seq {
		if err == nil {
			current = c
			err = add(&current)
		}
		if err == nil && !shown {
			// Who waits for a slow vendor sees that it answers.
			err, shown = w.Flush(), !p.Eager
		}
		if err != nil {
			return finish(w, err)
		}
	}
	return finish(w, end())
}

// One writes a single credential. With [Printer.Reveal], a table is followed by
// its secret on a line of its own.
//
// It writes all at once, or nothing: an error of class [provider.ErrUsage] says
// that the format cannot hold this credential.
func (p Printer) One(c provider.Credential) error {
	return p.whole(c, p.body(c))
}

// body returns what writes c alone.
func (p Printer) body(c provider.Credential) func(*bufio.Writer) error {
	return func(w *bufio.Writer) error {
		add, end, err := p.credentials(w, false)
		if err == nil {
			err = add(&c)
		}
		if err != nil {
			return err
		}
		return end()
	}
}

// whole writes c at once, because half a secret is of no use, or nothing.
func (p Printer) whole(c provider.Credential, body func(*bufio.Writer) error) error {
	if err := p.safe(c); err != nil {
		return err
	}
	text, err := p.text(c, body)
	if err != nil {
		return err
	}
	_, err = io.WriteString(p.W, text)
	return err
}

// text returns what body writes of c, and below it what does not fit into a table.
func (p Printer) text(c provider.Credential, body func(*bufio.Writer) error) (string, error) {
	if p.Format.Issued() {
		return p.issued(c)
	}
	var b strings.Builder
	w := bufio.NewWriter(&b)
	err := finish(w, body(w))
	if p.tabular() && severalLines(c.Key) {
		b.WriteString("\nkey:\n")
		for line := range strings.Lines(c.Key) {
			b.WriteString(visible.Text(strings.TrimSuffix(line, "\n")) + "\n")
		}
	}
	if p.Reveal && !c.Secret.IsZero() && p.tabular() {
		b.WriteString("\nsecret (shown once):\n" + c.Secret.Reveal() + "\n")
	}
	return b.String(), err
}

// credentials returns what writes a credential, and what writes the end.
func (p Printer) credentials(w *bufio.Writer, list bool) (add func(*provider.Credential) error, end func() error, err error) {
	if !p.inRows() {
		out, objects := p.values(w, list), objects{reveal: p.Reveal, options: lenient()}
		return func(c *provider.Credential) error {
			b, err := objects.object(c)
			if err != nil {
				return err
			}
			return out.value(b)
		}, out.end, nil
	}
	heads, layout := p.Format.columns, "2006-01-02 15:04"
	if heads == nil {
		heads = columnsOf(p.Format.name)
	}
	if p.Format.name == "csv" {
		layout = time.RFC3339Nano
	}
	if p.Format.columns == nil && !p.Mixed && p.Format.Name() == "table" {
		heads = slices.DeleteFunc(heads, func(h string) bool { return h == "provider" })
	}
	columns, err := columnFuncs(heads, layout)
	if err != nil {
		return nil, nil, err
	}
	out := p.rows(w, heads)
	cells := make([]string, len(columns))
	key := -1
	if p.tabular() {
		key = slices.Index(heads, "key")
	}
	return func(c *provider.Credential) error {
		for i, column := range columns {
			cells[i] = column(c)
		}
		if key >= 0 && severalLines(c.Key) { // a public key as PEM; One writes it below the table
			cells[key] = ""
		}
		return out.row(cells)
	}, out.end, nil
}

// severalLines reports whether a key cannot be a cell of a table.
func severalLines(key string) bool { return strings.Contains(key, "\n") }

// tabular reports whether the format is a table.
func (p Printer) tabular() bool { return p.Format.Name() == "table" || p.Format.name == "wide" }

// inRows reports whether the format is made of rows; the others are of JSON values.
func (p Printer) inRows() bool {
	return p.tabular() || p.Format.name == "csv" || p.Format.name == "name"
}

// finish writes out what w still holds. What failed before is the error that counts.
func finish(w *bufio.Writer, err error) error {
	if ferr := w.Flush(); err == nil {
		err = ferr
	}
	return err
}

func (p Printer) notIssued() error {
	return provider.Hint(provider.Usage("the output format %s is for one credential that was issued just now", p.Format.name),
		"use -o json for a list")
}
