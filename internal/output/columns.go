package output

import (
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// columnNames are those that a credential can have in a table and in CSV: its
// fields but for the secret and the details.
func columnNames() []string {
	return slices.DeleteFunc(provider.Fields(), func(f string) bool { return f == "secret" || f == "details" })
}

// columnsOf returns the columns of a format for which none were asked.
func columnsOf(format string) []string {
	switch format {
	case "csv", "wide":
		return columnNames()
	case "name":
		return []string{"id"}
	}
	return []string{"provider", "id", "name", "key", "status", "scopes", "created", "expires", "last_used", "region"}
}

// A column is how to write one field of a credential.
type column func(c *provider.Credential) string

// columnFuncs returns the columns with the given names. Times are written in the
// given layout.
func columnFuncs(names []string, layout string) ([]column, error) {
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(layout)
	}
	all := []column{
		func(c *provider.Credential) string { return c.Provider },
		func(c *provider.Credential) string { return c.Kind },
		func(c *provider.Credential) string { return c.ID },
		func(c *provider.Credential) string { return c.Name },
		func(c *provider.Credential) string { return c.Key },
		func(c *provider.Credential) string { return c.Status },
		func(c *provider.Credential) string { return strings.Join(c.Scopes, ",") },
		func(c *provider.Credential) string { return at(c.Created) },
		func(c *provider.Credential) string { return at(c.Updated) },
		func(c *provider.Credential) string { return at(c.Expires) },
		func(c *provider.Credential) string { return at(c.LastUsed) },
		func(c *provider.Credential) string { return c.Endpoint },
		func(c *provider.Credential) string { return c.Region },
	}
	known := columnNames()
	picked := make([]column, len(names))
	for i, name := range names {
		at := slices.Index(known, name)
		if at < 0 {
			return nil, noColumn(name, known)
		}
		picked[i] = all[at]
	}
	return picked, nil
}

// noColumn says that there is no column of that name.
func noColumn(name string, known []string) error {
	err := provider.Usage("there is no column %q; there are %s", name, strings.Join(known, ", "))
	if near := provider.Closest(name, known); near != "" {
		return provider.Hint(err, "did you mean %s?", near)
	}
	return err
}
