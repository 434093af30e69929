package output

import (
	"bufio"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// credentials returns what writes a credential, with this secret, and what ends the output.
func (p Printer) credentials(w *bufio.Writer, list bool, secret string) (add func(*provider.Credential) error, end func() error, err error) {
	s := p.Format.spec()
	if s.rows != nil {
		return p.credentialRows(w, s, list)
	}
	out, encoder := p.values(w, list), newEncoder(secret)
	return func(c *provider.Credential) error {
		b, err := encoder.Encode(c)
		if err != nil {
			return err
		}
		return out.value(b)
	}, out.end, nil
}

func (p Printer) credentialRows(w *bufio.Writer, s spec, list bool) (add func(*provider.Credential) error, end func() error, err error) {
	names := s.columns
	if list && s.list != nil {
		names = s.list
	}
	if names == nil {
		names = columnNames()
	}
	if s.header {
		names = append(slices.Clone(p.First), slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "profile" || slices.Contains(p.First, name) })...)
	}
	all := columns()
	row, end, err := p.rows(w, names, columnNames())
	return func(c *provider.Credential) error {
		return row(func(column int) string {
			cell := all[column].cell(c)
			if s.people && cell == c.Key && severalLines(cell) {
				return "" // it is below the table
			}
			return cell
		})
	}, end, err
}

// A column is one field of a credential: a text or a time.
type column struct {
	name string
	text func(c *provider.Credential) string
	time func(c *provider.Credential) time.Time
	kept bool // in JSON even if it is empty
}

// columns are the fields of a credential but for the secret and the details.
func columns() []column {
	return []column{
		{name: "provider", kept: true, text: func(c *provider.Credential) string { return c.Provider }},
		{name: "profile", text: func(c *provider.Credential) string { return c.Profile }},
		{name: "kind", kept: true, text: func(c *provider.Credential) string { return c.Kind }},
		{name: "id", kept: true, text: func(c *provider.Credential) string { return c.ID }},
		{name: "name", text: func(c *provider.Credential) string { return c.Name }},
		{name: "key", text: func(c *provider.Credential) string { return c.Key }},
		{name: "status", text: func(c *provider.Credential) string { return c.Status }},
		{name: "scopes", text: func(c *provider.Credential) string { return strings.Join(c.Scopes, ",") }},
		{name: "created", time: func(c *provider.Credential) time.Time { return c.Created }},
		{name: "updated", time: func(c *provider.Credential) time.Time { return c.Updated }},
		{name: "expires", time: func(c *provider.Credential) time.Time { return c.Expires }},
		{name: "last_used", time: func(c *provider.Credential) time.Time { return c.LastUsed }},
		{name: "endpoint", text: func(c *provider.Credential) string { return c.Endpoint }},
		{name: "region", text: func(c *provider.Credential) string { return c.Region }},
	}
}

// cell returns the field of c as a text.
func (col column) cell(c *provider.Credential) string {
	if col.time == nil {
		return col.text(c)
	}
	if t := col.time(c); !t.IsZero() {
		return t.UTC().Format(time.RFC3339Nano)
	}
	return ""
}

func columnNames() (names []string) {
	for _, c := range columns() {
		names = append(names, c.name)
	}
	return names
}
