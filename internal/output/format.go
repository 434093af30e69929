package output

import (
	"slices"
	"strings"
	"time"

	"github.com/itchyny/gojq"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// A Format says how to write credentials, and which part of them. [Parse] makes
// one; the zero Format is a table.
type Format struct {
	name    string
	option  string   // of env, dotenv, aws and rclone: what follows the colon
	value   string   // of the option
	columns []string // what was asked for; nil: what the format has by itself

	template *program
	fields   []string // of the items that it is run for; nil: not known
	query    *gojq.Code
}

// Formats returns the names of the formats. That of a template goes on with its
// text, as in template={{.id}}.
func Formats() []string {
	return []string{"table", "wide", "json", "jsonl", "yaml", "csv", "name", "template=", "env", "dotenv", "aws", "rclone"}
}

// Parse reads the values of --output, --jq and --columns. All that can be wrong
// with them is found here, before any request, and is of class
// [provider.ErrUsage].
//
// A jq expression needs json, which is then the default, or jsonl. Columns are
// for table, wide and csv. Heads are the names of the columns of [Printer.Records];
// without them, columns and templates are held against the fields of a credential.
func Parse(format, jq string, columns []string, heads ...string) (Format, error) {
	f, err := parseName(format)
	if err != nil {
		return Format{}, err
	}
	if text, ok := strings.CutPrefix(format, "template="); ok {
		if heads == nil {
			f.fields = provider.Fields()
		}
		if f.template, err = parseTemplate(text, f.fields); err != nil {
			return Format{}, err
		}
	}
	if jq != "" {
		if f.name == "table" {
			f.name = "json"
		}
		if f.name != "json" && f.name != "jsonl" {
			return Format{}, provider.Usage("--jq works on json and jsonl, not on %s", format)
		}
		if f.query, err = parseQuery(jq); err != nil {
			return Format{}, err
		}
	}
	if heads == nil {
		heads = columnNames()
	}
	f.columns, err = f.pick(columns, heads)
	return f, err
}

func parseName(format string) (Format, error) {
	name, arg, _ := strings.Cut(format, "=")
	name, option, hasOption := strings.Cut(name, ":")
	f := Format{name: name}
	switch known := Formats(); {
	case format == "":
		f.name = "table"
	case name == "template" && !hasOption:
		if arg == "" {
			return f, provider.Usage("-o template needs a Go template, as in -o 'template={{.id}}'")
		}
	case !slices.Contains(known, name):
		err := provider.Usage("there is no output format %q; there are %s", name, strings.Join(known, ", "))
		if near := provider.Closest(name, known); near != "" {
			err = provider.Hint(err, "did you mean %s?", near)
		}
		return f, err
	case name != format:
		f.option, f.value = option, arg
		return f, f.checkOption()
	}
	return f, nil
}

// checkOption reports what is wrong with what follows the colon, as in env:prefix=S3_.
func (f Format) checkOption() error {
	known := []string{}
	switch f.name {
	case "env", "dotenv":
		known = []string{"prefix", "name"}
	case "aws":
		known = []string{"profile"}
	case "rclone":
		known = []string{"name"}
	}
	switch {
	case len(known) == 0:
		return provider.Usage("the output format %s takes no options", f.name)
	case !slices.Contains(known, f.option):
		return provider.Usage("the output format %s has no option %q; it has %s", f.name, f.option, strings.Join(known, "= and ")+"=")
	case f.option == "prefix":
		return quote.Name(f.value + "SECRET_ACCESS_KEY")
	case f.name == "aws" || f.name == "rclone":
		return quote.Section(f.value)
	}
	return quote.Name(f.value)
}

func (f Format) pick(columns, heads []string) ([]string, error) {
	if len(columns) == 0 { // also of --columns "", which would show nothing
		return nil, nil
	}
	if !slices.Contains([]string{"table", "wide", "csv"}, f.name) {
		return nil, provider.Usage("--columns is for table, wide and csv, not for %s", f.name)
	}
	for _, c := range columns {
		if !slices.Contains(heads, c) {
			return nil, noColumn(c, heads)
		}
	}
	return columns, nil
}

// Name returns the name of f without its options.
func (f Format) Name() string {
	if f.name == "" {
		return "table"
	}
	return f.name
}

// JSON reports whether f is for programs that read JSON, whose errors are JSON too.
func (f Format) JSON() bool { return f.name == "json" || f.name == "jsonl" }

// Issued reports whether f is for one credential that was issued just now, and
// for nothing else.
func (f Format) Issued() bool {
	return slices.Contains([]string{"env", "dotenv", "aws", "rclone"}, f.name)
}

// HoldsSecret reports whether f shows the secret of what was issued. A table
// does below it, which is for a terminal alone. A template or a jq expression is
// tried on an example: -o json --jq .id would lose the secret for good.
func (f Format) HoldsSecret() bool {
	if f.template == nil && f.query == nil {
		return f.JSON() || f.Issued() || f.name == "yaml"
	}
	const secret = "an example of a secret"
	now := time.Now()
	p, c := Printer{Format: f, Reveal: true}, provider.Credential{
		Provider: "example", Kind: "example", ID: "example", Name: "example", Key: "example", Status: "active", Scopes: []string{"example"},
		Created: now, Updated: now, Expires: now, LastUsed: now, Endpoint: "https://example.com", Region: "example",
		Secret: provider.NewSecret(secret),
	}
	text, err := p.text(c, p.body(c))
	return err == nil && strings.Contains(text, secret)
}

// CanHold reports why f cannot hold a secret of this shape. It is nil for what is
// not [Format.Issued].
func (f Format) CanHold(shape provider.Shape) error {
	s3 := shape.IsPair()
	switch {
	case shape == (provider.Shape{}) && f.Issued():
		return provider.Usage("the output format %s is for a new secret, and this credential has none that the vendor tells", f.name)
	case !s3 && (f.name == "aws" || f.name == "rclone"):
		return provider.Hint(provider.Usage("the output format %s is for S3 credentials alone", f.name), "use -o env, dotenv or json")
	case !s3 && f.option == "prefix":
		return provider.Hint(provider.Usage("prefix= is for S3 credentials, which have several variables"), "use name=, the default being %s", shape.Variable())
	case s3 && f.option == "name" && f.name != "rclone":
		return provider.Hint(provider.Usage("name= is for credentials with one variable; S3 credentials have several"), "use prefix=, the default being AWS_")
	}
	return nil
}
