// Package output writes credentials for people and for programs. It is one of the
// few places where secrets are revealed: in [Printer.One] and [Printer.Result], of
// a [Printer] that is told to.
package output

import (
	"bufio"
	"cmp"
	"context"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/credctl/credctl/internal/output/bounds"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// A Printer writes to one place in one format. Errors of writing are returned as they are.
type Printer struct {
	W      io.Writer
	Format Format

	NoHeaders bool        // leave out the header of a table and of CSV
	First     []string    // the columns that tables and CSV begin with, such as provider in a list of several
	Reveal    bool        // write the secret of what was issued; otherwise there is none
	Terminal  bool        // W is one: what would act on it is replaced by question marks
	CSVRaw    bool        // cells that look like formulas are written as they are in CSV
	Eager     bool        // write out each item as it comes, where each took a request
	MaxMemory bounds.Size // for a list that must be read to its end first; zero: no limit

	Width   int                    // of the terminal, for tables; 0: nothing is left out
	Keep    []string               // the columns that a narrow table keeps; nil: id and name
	LeftOut func(columns []string) // is told which columns of a table do not fit
	Color   bool                   // a table may be coloured

	// Bound returns the context of an evaluation, which may never end. It may be nil.
	Bound func() (context.Context, context.CancelFunc)

	Append func(variable, text string) error // to the file that a variable names, which formats write next to W
	Shape  provider.Shape                    // what the secret consists of, as in [provider.Kind]
}

// List writes what seq lists, without secrets, as it comes; tables wait for a thousand
// rows or the end, and jq expressions that need all of it for the end. When seq fails,
// what was written is visibly incomplete.
func (p Printer) List(seq iter.Seq2[provider.Credential, error]) error {
	if p.Format.Issued() {
		return p.Format.notIssued()
	}
	w := bufio.NewWriterSize(p.W, 64<<10)
	add, end, err := p.credentials(w, true, "")
	if err != nil {
		return err
	}
	shown, some := false, false
	var current provider.Credential // one place for all: a pointer to c would need one each
	for c, err := range seq {
		if current = c; err == nil {
			err = add(&current)
		}
		if err == nil && !shown {
			err, shown = w.Flush(), !p.Eager // who waits for a slow vendor sees that it answers
		}
		if err != nil && some {
			_, _ = w.WriteString(p.Format.spec().broken)
		}
		if some = true; err != nil {
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
	return p.atOnce(c, func(w *bufio.Writer, secret string) error {
		add, end, err := p.credentials(w, false, secret)
		if err != nil {
			return err
		}
		return cmp.Or(add(&c), end())
	})
}

// atOnce writes what body writes of c, and its secret, at once or not at all: half
// a secret is of no use.
func (p Printer) atOnce(c provider.Credential, body func(w *bufio.Writer, secret string) error) error {
	secret, err := p.secret(c)
	if err != nil {
		return err
	}
	var text, appended string
	if p.Format.Issued() {
		text, appended, err = p.issued(c, secret)
	} else {
		var b strings.Builder
		w := bufio.NewWriter(bounds.Writer(&b))
		err = finish(w, body(w, secret))
		if p.Format.ForPeople() {
			b.WriteString(belowTable(c.Key, secret))
		}
		text = b.String()
	}
	if err == nil {
		_, err = io.WriteString(p.W, text)
	}
	if err == nil && appended != "" {
		err = p.Append(p.Format.File(), appended)
	}
	return err
}

// finish writes out what w still holds. What failed before is the error that counts.
func finish(w *bufio.Writer, err error) error {
	return cmp.Or(err, w.Flush())
}

func (f Format) notIssued() error {
	return provider.Hint(provider.Usage("output format %s works only for a credential that was just created or rotated", f.spec().name), "use -o json")
}

// secret reveals the secret of c for the format, which is "" where none is to be
// shown. It fails when the secret cannot be written exactly: the format would
// change it, or what it holds would act on the terminal.
func (p Printer) secret(c provider.Credential) (string, error) {
	s, secret := p.Format.spec(), c.Secret.Reveal()
	switch {
	case !p.Reveal, s.rows != nil && !s.people:
		return "", nil
	case !utf8.ValidString(secret):
		return "", provider.Hint(provider.Usage("the secret of %s is not valid UTF-8, which no output format can represent", c.ID), "pass --secret-file FILE")
	case p.Terminal && !s.json && visible.Lines(secret) != secret:
		return "", provider.Hint(provider.Usage("the secret of %s contains control characters, which credctl does not print to a terminal", c.ID), "use -o json, or pass --secret-file FILE")
	}
	return secret, nil
}

// belowTable is what a table cannot hold: a key of several lines, which is a public key, and the secret.
func belowTable(key, secret string) (text string) {
	if severalLines(key) {
		text += "\npublic key (register it at the service):\n" + strings.ReplaceAll(visible.Lines(strings.TrimSuffix(key, "\n")), "\t", "?") + "\n"
	}
	if secret != "" {
		text += "\nsecret (shown once):\n" + secret + "\n"
	}
	return text
}

// severalLines reports whether a key cannot be a cell of a table: a public key as PEM.
func severalLines(key string) bool { return strings.Contains(key, "\n") }
