package output

import (
	"bufio"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// A spec is one output format. Flags, help, completion and what commands do with the
// format follow from these values. Exactly one of rows, values and issued is set.
type spec struct {
	name    string
	summary string                             // for completion
	options []option                           // one may follow a colon, as in env:prefix=S3_
	parse   func(f *Format, text string) error // of a format whose name ends with =: reads what follows

	columns []string // those of a credential when none are chosen; nil: all
	list    []string // those of a list of credentials; nil: columns
	header  bool     // --columns and --no-headers apply
	people  bool     // a table, below which a new secret is a line of its own
	whole   bool     // nothing is left out where the terminal is too narrow
	json    bool     // --jq applies, and errors are JSON too
	streams bool     // each result of a command is a line, written as soon as it is known
	broken  string   // follows a list that is not whole, so that no reader takes it for one
	pairs   bool     // holds S3 key pairs alone

	rows   func(p Printer, w *bufio.Writer, columns []string) rowWriter
	values func(p Printer, w *bufio.Writer, list bool) valueWriter
	issued func(p Printer, c provider.Credential, secret string) (string, error)

	file     string // the variable that names a file to which appended is added
	appended func(p Printer, c provider.Credential, secret string) (string, error)
}

// specs is the table of the formats. The first is the default.
func specs() []spec {
	standard := []string{"id", "name", "key", "status", "scopes", "created", "expires", "last_used", "region"}
	short := []string{"id", "name", "status", "created", "last_used"}
	variables := []option{{name: "prefix", check: quotePrefix, pairs: true}, {name: "name", check: quote.Name}}
	return []spec{
		{name: "table", summary: "aligned columns; the default", columns: standard, list: short, header: true, people: true, rows: newTable},
		{name: "wide", summary: "a table of all columns", header: true, people: true, whole: true, rows: newTable},
		{name: "json", summary: "an array for a list, an object for one credential", json: true, values: newJSON},
		{name: "jsonl", summary: "one JSON object per line", json: true, streams: true, values: newJSONLines},
		{name: "yaml", summary: "the JSON fields as YAML", values: newYAML, broken: "(the list is not whole)\n"},
		{name: "csv", summary: "comma-separated values with a header", header: true, rows: newCSV},
		{name: "name", summary: "IDs, one per line", columns: []string{"id"}, rows: newNames},
		{name: "template=", summary: "a Go template for each item", parse: parseTemplate, values: newTemplated},
		{name: "env", summary: "shell export lines for a new secret", options: variables, issued: shellExports},
		{name: "dotenv", summary: "dotenv lines for a new secret", options: variables, issued: dotenvLines},
		{name: "aws", summary: "AWS credentials file profile for a new secret", options: []option{{name: "profile", check: quote.Section}}, pairs: true, issued: awsProfile},
		{name: "rclone", summary: "rclone remote for a new secret", options: []option{{name: "name", check: quote.Section}}, pairs: true, issued: rcloneRemote},
		{name: "s3cfg", summary: "s3cmd configuration for a new secret", pairs: true, issued: func(_ Printer, c provider.Credential, secret string) (string, error) {
			return quote.S3cmd(c.Key, secret, c.Region, c.Endpoint)
		}},
		{name: "github", summary: "masked variables for later steps of a GitHub Actions job", options: variables, issued: maskCommands, file: "GITHUB_ENV", appended: workflowLines},
		{name: "github-output", summary: "masked outputs of a GitHub Actions step", options: variables, issued: maskCommands, file: "GITHUB_OUTPUT", appended: workflowLines},
	}
}

// Formats returns the names of the formats, the default first; template= is one.
func Formats() []string { return labels(func(spec) bool { return true }) }

// ForLists returns the names of the formats that are not for a new secret alone.
func ForLists() []string { return labels(func(s spec) bool { return s.issued == nil }) }

// WithHeader returns the names of the formats that --columns and --no-headers are for.
func WithHeader() []string { return labels(func(s spec) bool { return s.header }) }

func labels(which func(spec) bool) (names []string) {
	for _, s := range specs() {
		if which(s) {
			names = append(names, s.name)
		}
	}
	return names
}

// Completions returns the formats, each with a summary after a tab; those for a new secret on request.
func Completions(secrets bool) (all []string) {
	for _, s := range specs() {
		if secrets || s.issued == nil {
			all = append(all, s.name+"\t"+s.summary)
		}
	}
	return all
}

// AsksJSON reports whether a value of --output begins like a JSON format.
func AsksJSON(format string) bool {
	return slices.ContainsFunc(specs(), func(s spec) bool { return s.json && strings.HasPrefix(format, s.name) })
}

func listed(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
