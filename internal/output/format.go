package output

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/output/itemquery"
	"github.com/credctl/credctl/internal/output/itemtemplate"
	"github.com/credctl/credctl/internal/provider"
)

// A Format says how to write credentials, and which part of them. [Parse] makes
// one; the zero Format is the default.
type Format struct {
	chosen  *spec    // nil: the default
	option  string   // of env, dotenv, aws and rclone: what follows the colon
	value   string   // of the option
	columns []string // nil: none were chosen

	template *itemtemplate.Template
	fields   []string // of the items; nil: not known
	query    *itemquery.Query
}

func (f Format) spec() spec {
	if f.chosen == nil {
		return specs()[0]
	}
	return *f.chosen
}

// Parse reads the values of --output, --jq and --columns. All that can be wrong
// with them is found here, before any request, and is of class
// [provider.ErrUsage].
//
// A jq expression needs a JSON format; json is then the default. Known are the
// columns of [Printer.Results]; without them, columns and templates are checked
// against the fields of a credential. The error of an unknown format lists valid.
func Parse(valid []string, format, jq string, columns []string, known ...string) (Format, error) {
	var fields []string
	if known == nil {
		fields, known = provider.Fields(), columnNames()
	}
	f, err := parseName(valid, format, fields)
	if err == nil && jq != "" {
		err = f.parseJQ(format, jq)
	}
	if err == nil && len(columns) > 0 { // --columns "" would show nothing
		f.columns, err = columns, f.checkColumns(columns, known)
	}
	if err != nil {
		return Format{}, err
	}
	return f, nil
}

func parseName(valid []string, format string, fields []string) (Format, error) {
	if format == "" {
		return Format{}, nil
	}
	all := specs()
	name, text, _ := strings.Cut(format, "=")
	name, option, hasOption := strings.Cut(name, ":")
	i := slices.IndexFunc(all, func(s spec) bool { return s.name == name || s.name == name+"=" && !hasOption })
	if i < 0 {
		return Format{}, unknown(name, valid, "unknown output format %q (valid: %s)", "did you mean %s?")
	}
	f := Format{chosen: &all[i], fields: fields}
	switch {
	case f.chosen.parse != nil:
		return f, f.chosen.parse(&f, text)
	case name != format:
		f.option, f.value = option, text
		return f, f.checkOption()
	}
	return f, nil
}

// unknown is the error that name is not among known.
func unknown(name string, known []string, format, hint string) error {
	err := provider.Usage(format, name, strings.Join(known, ", "))
	if near := provider.Closest(name, known); near != "" {
		return provider.Hint(err, hint, near)
	}
	return err
}

func (f *Format) parseJQ(format, jq string) (err error) {
	all := specs()
	if f.spec().name == all[0].name {
		f.chosen = &all[slices.IndexFunc(all, func(s spec) bool { return s.json })]
	}
	if !f.chosen.json {
		return provider.Usage("--jq works with -o %s, not with -o %s", listed(labels(func(s spec) bool { return s.json })), format)
	}
	f.query, err = parseQuery(jq)
	return err
}

func (f Format) checkColumns(columns, known []string) error {
	if s := f.spec(); !s.header {
		return provider.Usage("--columns works with -o %s, not with -o %s", listed(WithHeader()), strings.TrimSuffix(s.name, "="))
	}
	_, err := positions(columns, known)
	return err
}

// ForPeople reports whether f is a table.
func (f Format) ForPeople() bool { return f.spec().people }

// Streams reports whether each result of a command is a line of its own, so that
// it can be written before the next is known.
func (f Format) Streams() bool { return f.spec().streams }

// NamesOnly reports whether f shows nothing of a result but its name.
func (f Format) NamesOnly() bool { return f.spec().rows != nil && !f.spec().header }

// Issued reports whether f is for one credential that was issued just now, and
// for nothing else.
func (f Format) Issued() bool { return f.spec().issued != nil }

// File returns the variable of the environment that names the file to which f
// appends, in addition to what it prints; "": there is none.
func (f Format) File() string { return f.spec().file }

// HoldsSecret reports whether f shows the secret of what was issued. A table does
// below it, which is for a terminal alone. A template or a jq expression is tried
// on an example: -o json --jq .id would lose the secret for good. Of one that does not
// end in time it cannot be told: the secret is kept if it does not end later either.
func (f Format) HoldsSecret() bool {
	if f.spec().values == nil {
		return f.Issued()
	}
	const secret = "an example of a secret"
	var text strings.Builder
	brief := func() (context.Context, context.CancelFunc) {
		return context.WithTimeout(context.Background(), time.Second)
	}
	err := Printer{W: &text, Format: f, Reveal: true, Bound: brief}.One(provider.Credential{
		Provider: "p", Kind: "k", ID: "i", Name: "n", Key: "k", Status: "s", Scopes: []string{"s"}, Endpoint: "e", Region: "r",
		Created: time.Unix(1, 0), Updated: time.Unix(1, 0), Expires: time.Unix(1, 0), LastUsed: time.Unix(1, 0), Secret: provider.NewSecret(secret),
	})
	return errors.Is(err, context.DeadlineExceeded) || err == nil && strings.Contains(text.String(), secret)
}
