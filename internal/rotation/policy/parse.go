// Package policy rotates what a file says is to be rotated, when it is due.
package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
)

// A Policy says which credentials are rotated, and when. Its file is described
// by docs/schema/rotations.schema.json.
type Policy struct {
	File       string
	MaxChanges int // how many may be due at once; zero means 5
	Rotations  []Entry
}

// An Entry is one rotation of a Policy.
type Entry struct {
	Name string // identifies the rotation for ever
	rotation.Subject
	Select *Selection // in place of Subject.ID
	MaxAge time.Duration
	rotation.Options

	line   int
	places []deliver.Place // those of To
}

// A Selection chooses credentials from the list of the vendor. What is empty
// chooses all.
type Selection struct {
	Name   string // a pattern, in which * stands for anything
	Status string
}

// Parse reads a policy, for an engine that carries it out. All mistakes are found at once: the error, of class
// [provider.ErrUsage], has a line for each, with its place in the file.
func Parse(e *rotation.Engine, file string, data []byte) (Policy, error) {
	p := &parser{engine: e, policy: Policy{File: file}}
	doc, err := p.document(data)
	if err != nil {
		return p.policy, provider.Usage("%s: %s", file, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	p.file(doc)
	slices.SortStableFunc(p.wrong, func(a, b mistake) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
	var problems []error
	for _, w := range p.wrong {
		problems = append(problems, fmt.Errorf("%s:%d:%d: %s", file, w.Line, w.Column, w.text))
	}
	if err := errors.Join(problems...); err != nil {
		return p.policy, provider.WithClass(provider.ErrUsage, err)
	}
	return p.policy, nil
}

// A parser collects what is wrong.
type parser struct {
	engine *rotation.Engine
	policy Policy
	wrong  []mistake
}

// A mistake is one thing that is wrong, and where.
type mistake struct {
	*yaml.Node
	text string
}

func (p *parser) bad(n *yaml.Node, format string, args ...any) {
	p.wrong = append(p.wrong, mistake{n, fmt.Sprintf(format, args...)})
}

func (p *parser) file(n *yaml.Node) {
	given := p.mapping(n, map[string]any{
		"max_changes": func(n *yaml.Node) {
			if n.Decode(&p.policy.MaxChanges) != nil || p.policy.MaxChanges < 1 {
				p.bad(n, "max_changes must be a whole number from 1")
			}
		},
		"rotations": func(n *yaml.Node) {
			for _, item := range p.sequence(n) {
				p.entry(item)
			}
		},
	})
	if !given["rotations"] {
		p.bad(n, "rotations is missing")
	}
}

func (p *parser) entry(n *yaml.Node) {
	r := Entry{line: n.Line}
	given := p.mapping(n, map[string]any{
		"name":     &r.Name,
		"provider": &r.Provider,
		"kind":     &r.Kind,
		"profile":  &r.Profile,
		"id":       &r.ID,
		"select": func(n *yaml.Node) {
			r.Select = &Selection{}
			p.mapping(n, map[string]any{"name": &r.Select.Name, "status": &r.Select.Status})
			if *r.Select == (Selection{}) {
				p.bad(n, "select needs a name or a status")
			}
		},
		"settings": &r.Settings,
		"params":   &r.Params,
		"max_age":  &r.MaxAge,
		"grace":    &r.Grace,
		"to":       &r.To,
		"hook": func(n *yaml.Node) {
			if n.Kind != yaml.SequenceNode {
				p.read(n, &r.Hook.Line)
			} else if p.read(n, &r.Hook.Args); len(r.Hook.Args) == 0 {
				p.bad(n, "hook names no program")
			}
		},
		"hook_stdin":     &r.Hook.Stdin,
		"verify":         &r.Verify,
		"verify_timeout": &r.VerifyTimeout,
		"in_place":       &r.InPlace,
		"overlap":        &r.Overlap,
		"accept_drift":   &r.AcceptDrift,
		"self":           &r.Self,
	})
	for _, key := range []string{"name", "provider", "max_age", "to"} {
		if !given[key] {
			p.bad(n, "%s is missing", key)
		}
	}
	if provider.IsUUID(r.ID) { // which names the same in any case, to every vendor and to the journal
		r.ID = strings.ToLower(r.ID)
	}
	p.checkEntry(n, &r, given)
	p.policy.Rotations = append(p.policy.Rotations, r)
}

// checkEntry checks what the fields of one rotation mean together.
func (p *parser) checkEntry(n *yaml.Node, r *Entry, given map[string]bool) {
	if given["id"] == given["select"] {
		p.bad(n, "either id or select must be given")
	}
	if given["to"] && len(r.To) == 0 {
		p.bad(n, "to names no destination: the new secret would go nowhere")
	}
	if r.MaxAge > 0 && r.Grace >= r.MaxAge {
		p.bad(n, "grace must be shorter than max_age, which is measured to the end of the old one")
	}
	if r.InPlace && r.Overlap {
		p.bad(n, "in_place and overlap exclude each other")
	}
	if r.Verify != "" && r.Verify != "auto" && r.Verify != "none" && !strings.HasPrefix(r.Verify, "exec:") {
		p.bad(n, "verify is auto, none or exec:COMMAND")
	}
	if p.engine.Kind != nil && r.Provider != "" {
		kind, err := p.engine.Kind(r.Provider, r.Kind)
		if err != nil {
			p.bad(n, "%v", err)
		}
		r.Kind = kind
	}
	r.places = make([]deliver.Place, len(r.To))
	for i, to := range r.To {
		r.places[i] = p.place(n, r, to)
	}
	for _, other := range p.policy.Rotations {
		if other.Name == r.Name && r.Name != "" {
			p.bad(n, "the name %q is that of the rotation in line %d too", r.Name, other.line)
		}
		if r.ID != "" && other.Ref() == r.Ref() && other.Profile == r.Profile {
			p.bad(n, "%s is rotated by the rotation in line %d too: give that one all of the destinations", r.ID, other.line)
		}
		for i, to := range r.To {
			if at := slices.IndexFunc(other.places, r.places[i].Clashes); at >= 0 {
				p.bad(n, "%q is written by the rotation in line %d too, as %q", to, other.line, other.To[at])
			}
		}
	}
}

// place checks a destination, and returns what it writes. What depends on a name
// that is not known yet stays as it is.
func (p *parser) place(n *yaml.Node, r *Entry, to string) deliver.Place {
	asIs := deliver.Place{At: to}
	if p.engine.Destination == nil || r.Provider == "" {
		return asIs
	}
	try := to
	if r.Select != nil { // any name is as good
		try = strings.ReplaceAll(to, placeholder, "name")
	}
	d, err := p.engine.Destination(try, r.Subject, false)
	if err != nil {
		p.bad(n, "%v", err)
	}
	if err != nil || try != to {
		return asIs
	}
	return deliver.PlaceOf(d)
}
