// Package policy rotates the credentials that a file names when they are due.
package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

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
	Name string // identifies the entry in results
	rotation.Subject
	Select   *Selection // in place of Subject.ID
	Optional bool       // to select nothing is no failure
	MaxAge   time.Duration
	rotation.Options
}

// A Selection chooses credentials from the listing of the vendor. What is empty
// chooses all.
type Selection struct {
	Name   string // a pattern, in which * stands for anything
	Status string
}

// mostMistakes is how many mistakes an error describes.
const mostMistakes = 20

// Parse reads a policy, for an engine that carries it out. All mistakes are found at
// once: the error, of class [provider.ErrUsage], has a line for each of the first 20,
// with its place in the file.
func Parse(e *rotation.Engine, file string, data []byte) (Policy, error) {
	p := &parser{engine: e, policy: Policy{File: file}, names: map[string]int{}, ids: map[string]int{}, places: map[string][]claim{}}
	doc, err := p.document(data)
	if err != nil {
		return p.policy, provider.Usage("%s: %v", file, err)
	}
	p.file(doc)
	if p.wrong == nil {
		return p.policy, nil
	}
	slices.SortStableFunc(p.wrong, func(a, b mistake) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
	var problems []error
	for _, w := range p.wrong[:min(len(p.wrong), mostMistakes)] {
		problems = append(problems, fmt.Errorf("%s:%d:%d: %s", file, w.Line, w.Column, w.text))
	}
	if more := len(p.wrong) - mostMistakes; more > 0 {
		problems = append(problems, fmt.Errorf("%s: %d more mistakes", file, more))
	}
	return p.policy, provider.WithClass(provider.ErrUsage, errors.Join(problems...))
}

// A parser collects what is wrong.
type parser struct {
	engine *rotation.Engine
	policy Policy
	wrong  []mistake

	names  map[string]int     // of entries, with their lines
	ids    map[string]int     // of credentials, with the lines of their entries
	places map[string][]claim // by what can be overwritten there
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
	given := p.mapping(n, fields{
		"max_changes": func(n *yaml.Node) {
			if p.is(n, yaml.ScalarNode, "a number") && (n.Decode(&p.policy.MaxChanges) != nil || p.policy.MaxChanges < 1) {
				p.bad(n, "max_changes must be a whole number of at least 1")
			}
		},
		"rotations": func(n *yaml.Node) {
			for _, item := range p.sequence(n) {
				p.entry(item)
			}
		},
	})
	if given["rotations"] == nil && n.Kind == yaml.MappingNode {
		p.bad(n, "rotations is required")
	}
}
