// Package policyfile reads the file of a policy.
package policyfile

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/glob"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/yamlfile"
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
	OnDrift  string // report (or empty), or redeliver: when a destination holds something else
	rotation.Options

	Line, Column       int // where it begins in the file
	AgeLine, AgeColumn int // where its max_age is

	MayNeedSecret bool // some credentials of its kind are rotated with a secret that a person supplies, which a policy cannot
}

// A Selection chooses credentials from the listing of the vendor. What is empty
// chooses all.
type Selection struct {
	Name   string // a pattern, in which * stands for anything
	Status string
}

// Parse reads a policy, for an engine that carries it out. All mistakes are found at
// once: the error, of class [provider.ErrUsage], has a line for each of the first 20,
// with its place in the file.
func Parse(e *rotation.Engine, file string, data []byte) (Policy, error) {
	p := &parser{Reader: yamlfile.Reader{What: "a policy"}, engine: e, policy: Policy{File: file}, names: map[string]int{}, ids: map[string]int{}, places: map[string][]claim{}}
	doc, err := p.Document(file, data)
	if err != nil {
		return p.policy, err
	}
	p.file(doc)
	return p.policy, p.Err(file)
}

// A parser collects what is wrong.
type parser struct {
	yamlfile.Reader

	engine *rotation.Engine
	policy Policy

	names  map[string]int     // of entries, with their lines
	ids    map[string]int     // of credentials, with the lines of their entries
	places map[string][]claim // by what can be overwritten there
}

func (p *parser) file(n *yaml.Node) {
	given := p.Mapping(n, yamlfile.Fields{
		"max_changes": func(n *yaml.Node) {
			if p.Is(n, yaml.ScalarNode, "a number") && (n.ShortTag() != "!!int" || n.Decode(&p.policy.MaxChanges) != nil || p.policy.MaxChanges < 1) {
				p.Bad(n, "max_changes must be a whole number of at least 1")
			}
		},
		"rotations": func(n *yaml.Node) {
			for _, item := range p.Sequence(n) {
				p.entry(item)
			}
			p.others()
		},
	})
	if given["rotations"] == nil && n.Kind == yaml.MappingNode {
		p.Bad(n, "rotations is required")
	}
}

// Path returns the file of p without symbolic links. Where there is none, as of
// standard input, each credential is locked by itself anyway.
func (p Policy) Path() (string, bool) {
	path, err := filepath.EvalSymlinks(p.File)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	return path, err == nil
}

// String is the selection as a policy has it.
func (s Selection) String() string {
	var keys []string
	if s.Name != "" {
		keys = append(keys, fmt.Sprintf("name: %q", s.Name))
	}
	if s.Status != "" {
		keys = append(keys, fmt.Sprintf("status: %q", s.Status))
	}
	return "select: {" + strings.Join(keys, ", ") + "}"
}

// Placeholder stands for the name of a selected credential in its destinations.
const Placeholder = "{name}"

// Redeliver is the value of on_drift that delivers a secret again.
const Redeliver = "redeliver"

// Matches reports whether an entry with s is about c.
func (s Selection) Matches(c provider.Credential) bool {
	return (s.Name == "" || glob.Match(s.Name, c.Name)) && (s.Status == "" || s.Status == c.Status)
}
