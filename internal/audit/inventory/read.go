// Package inventory reads and writes the file that says who answers for each
// credential, and which findings are accepted for a time.
package inventory

import (
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/glob"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/yamlfile"
)

// A Checker says which vendors and kinds there are.
type Checker struct {
	Vendors []string
	Kinds   func(vendor string) []string
	Now     time.Time
}

// Parse reads an inventory. All mistakes are found at once: the error, of class
// [provider.ErrUsage], has a line for each of the first 20, with its place in the file.
func Parse(c Checker, file string, text []byte) (*audit.Inventory, error) {
	p := &parser{file: file, Reader: yamlfile.Reader{What: "an inventory"}, Checker: c, inventory: &audit.Inventory{}, lines: map[string]int{}}
	doc, err := p.Document(file, text)
	if err != nil {
		return nil, err
	}
	p.Mapping(doc, yamlfile.Fields{
		"credentials": func(n *yaml.Node) {
			for _, item := range p.Sequence(n) {
				p.credential(item)
			}
		},
		"exceptions": func(n *yaml.Node) {
			for _, item := range p.Sequence(n) {
				p.exception(item)
			}
		},
	})
	return p.inventory, p.Err(file)
}

type parser struct {
	yamlfile.Reader
	Checker

	file      string
	inventory *audit.Inventory
	lines     map[string]int // of credentials
}

// ref is the fields that name a credential.
func ref(r *journal.Ref) yamlfile.Fields {
	return yamlfile.Fields{"provider": &r.Provider, "kind": &r.Kind, "id": &r.ID}
}

// checkRef checks the vendor and the kind of what n names.
func (p *parser) checkRef(n *yaml.Node, given map[string]*yaml.Node, r journal.Ref) {
	if n.Kind != yaml.MappingNode {
		return
	}
	switch {
	case given["provider"] == nil:
		p.Bad(n, "provider is required")
	case r.Provider == "": // which is noted
	case !slices.Contains(p.Vendors, r.Provider):
		hint := ""
		if near := provider.Closest(r.Provider, p.Vendors); near != "" {
			hint = "; did you mean " + near + "?"
		}
		p.Bad(given["provider"], "unknown vendor %q%s", r.Provider, hint)
	case r.Kind != "" && !slices.Contains(p.Kinds(r.Provider), r.Kind):
		p.Bad(given["kind"], "%s has no kind %q (valid: %s)", r.Provider, r.Kind, strings.Join(p.Kinds(r.Provider), ", "))
	}
}

func (p *parser) credential(n *yaml.Node) {
	e := audit.Entry{At: audit.Place{File: p.file, Line: n.Line, Column: n.Column}}
	fields := ref(&e.Ref)
	fields["owner"], fields["purpose"] = &e.Owner, &e.Purpose
	fields["review"] = func(n *yaml.Node) { e.Review = p.date(n) }
	given := p.Mapping(n, fields)
	p.checkRef(n, given, e.Ref)
	if given["id"] == nil && n.Kind == yaml.MappingNode {
		p.Bad(n, "id is required")
	}
	key := e.Provider + "\x00" + e.Kind + "\x00" + e.ID
	if first := p.lines[key]; first > 0 && e.ID != "" {
		p.Bad(given["id"], "%s is already in line %d", e.ID, first)
	}
	p.lines[key], e.ID = n.Line, plain(e.ID)
	p.inventory.Credentials = append(p.inventory.Credentials, e)
}

func (p *parser) exception(n *yaml.Node) {
	e := audit.Exception{At: audit.Place{File: p.file, Line: n.Line, Column: n.Column}}
	given := p.Mapping(n, yamlfile.Fields{
		"rule": &e.Rule, "reason": &e.Reason, "owner": &e.Owner, "ticket": &e.Ticket,
		"match": func(n *yaml.Node) { p.match(n, &e.Match) },
		"until": func(n *yaml.Node) { e.Until = p.date(n) },
	})
	for _, key := range []string{"rule", "match", "reason", "until"} {
		if given[key] == nil && n.Kind == yaml.MappingNode {
			p.Bad(n, "%s is required", key)
		}
	}
	if _, ok := audit.Find(e.Rule); !ok && e.Rule != "" {
		p.Bad(given["rule"], "unknown rule %q", e.Rule)
	}
	if e.Until.After(p.Now.AddDate(1, 0, 0)) {
		p.Bad(given["until"], "until is more than a year away (latest: %s)", p.Now.AddDate(1, 0, 0).Format(time.DateOnly))
	}
	p.inventory.Exceptions = append(p.inventory.Exceptions, e)
}

func (p *parser) match(n *yaml.Node, m *audit.Match) {
	fields := ref(&m.Ref)
	fields["name"], fields["glob"] = &m.Name, &m.Glob
	given := p.Mapping(n, fields)
	p.checkRef(n, given, m.Ref)
	if (given["id"] == nil) == (given["name"] == nil) && n.Kind == yaml.MappingNode {
		p.Bad(n, "pass either id or name")
	}
	for _, key := range []string{"id", "name"} {
		if given[key] == nil || !m.Glob {
			continue
		}
		if err := glob.Check(given[key].Value); err != nil {
			p.Bad(given[key], "%q is not a valid pattern", given[key].Value)
		}
	}
	m.ID = plain(m.ID)
}

// plain writes an ID as vendors list it: a UUID is the same in any case.
func plain(id string) string {
	if provider.IsUUID(id) {
		return strings.ToLower(id)
	}
	return id
}

// date reads a day.
func (p *parser) date(n *yaml.Node) time.Time {
	text := ""
	p.Read(n, &text)
	t, err := time.Parse(time.DateOnly, text)
	if err != nil && text != "" {
		p.Bad(n, "%q: expected a date, such as 2027-01-31", text)
	}
	return t
}
