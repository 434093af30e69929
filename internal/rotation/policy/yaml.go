package policy

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
)

// document returns the root of the one document that there must be.
func (p *parser) document(data []byte) (*yaml.Node, error) {
	var doc, more yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(data))
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF), err == nil && len(doc.Content) == 0:
		return &yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}, nil
	case err != nil:
		return nil, err
	}
	if err := d.Decode(&more); err == nil {
		p.bad(&more, "a second document begins here, and only one is read")
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	return doc.Content[0], nil
}

// mapping gives the value of each key to what reads it, and returns which keys there were.
func (p *parser) mapping(n *yaml.Node, fields map[string]func(*yaml.Node)) map[string]bool {
	n = real(n)
	given := map[string]bool{}
	if n.Kind != yaml.MappingNode {
		p.bad(n, "this must be a mapping of keys to values")
		return given
	}
	known := make([]string, 0, len(fields))
	for key := range fields {
		known = append(known, key)
	}
	slices.Sort(known)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		read, ok := fields[key.Value]
		switch {
		case !ok:
			hint := ""
			if near := provider.Closest(key.Value, known); near != "" {
				hint = ": did you mean " + near + "?"
			}
			p.bad(key, "%q is unknown%s", key.Value, hint)
		case given[key.Value]:
			p.bad(key, "%s is given twice", key.Value)
		default:
			given[key.Value] = true
			read(real(value))
		}
	}
	return given
}

// real follows an alias to what it stands for.
func real(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func (p *parser) sequence(n *yaml.Node) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		p.bad(n, "this must be a list")
		return nil
	}
	items := make([]*yaml.Node, len(n.Content))
	for i, item := range n.Content {
		items[i] = real(item)
	}
	return items
}

// text reads a scalar as it was written: an ID of digits is none the less text.
func (p *parser) text(to *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
			p.bad(n, "this must be a text that is not empty")
			return
		}
		*to = n.Value
	}
}

func (p *parser) list(to *[]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		for _, item := range p.sequence(n) {
			s := ""
			p.text(&s)(item)
			*to = append(*to, s)
		}
	}
}

func (p *parser) texts(to *map[string]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.MappingNode {
			p.bad(n, "this must be a mapping of keys to texts")
			return
		}
		*to = map[string]string{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			s := ""
			p.text(&s)(real(n.Content[i+1]))
			(*to)[n.Content[i].Value] = s
		}
	}
}

func (p *parser) flag(to *bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Tag != "!!bool" || n.Decode(to) != nil {
			p.bad(n, "this must be true or false")
		}
	}
}

func (p *parser) duration(to *time.Duration) func(*yaml.Node) {
	return func(n *yaml.Node) {
		d, err := duration.Parse(n.Value)
		if err != nil || n.Kind != yaml.ScalarNode {
			p.bad(n, "%q: %v", n.Value, duration.Err)
			return
		}
		*to = d
	}
}
