package policy

import (
	"bytes"
	"errors"
	"io"
	"maps"
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

// mapping reads the value of each key into what its field points to, and returns
// which keys there were.
func (p *parser) mapping(n *yaml.Node, fields map[string]any) map[string]bool {
	n = real(n)
	given := map[string]bool{}
	if n.Kind != yaml.MappingNode {
		p.bad(n, "this must be a mapping of keys to values")
		return given
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		to, ok := fields[key.Value]
		switch {
		case !ok:
			hint := ""
			if near := provider.Closest(key.Value, slices.Sorted(maps.Keys(fields))); near != "" {
				hint = ": did you mean " + near + "?"
			}
			p.bad(key, "%q is unknown%s", key.Value, hint)
		case given[key.Value]:
			p.bad(key, "%s is given twice", key.Value)
		default:
			given[key.Value] = true
			p.read(real(value), to)
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

// read reads a value into what to points to, or gives it to the function that to is.
func (p *parser) read(n *yaml.Node, to any) {
	switch to := to.(type) {
	case func(*yaml.Node):
		to(n)
	case *string: // as it was written: an ID of digits is none the less text
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
			p.bad(n, "this must be a text that is not empty")
			return
		}
		*to = n.Value
	case *[]string:
		for _, item := range p.sequence(n) {
			*to = append(*to, "")
			p.read(item, &(*to)[len(*to)-1])
		}
	case *map[string]string:
		if n.Kind != yaml.MappingNode {
			p.bad(n, "this must be a mapping of keys to texts")
			return
		}
		*to = map[string]string{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			s := ""
			p.read(real(n.Content[i+1]), &s)
			(*to)[n.Content[i].Value] = s
		}
	case *bool:
		if n.Tag != "!!bool" || n.Decode(to) != nil {
			p.bad(n, "this must be true or false")
		}
	case *time.Duration:
		d, err := duration.Parse(n.Value)
		if err != nil || n.Kind != yaml.ScalarNode {
			p.bad(n, "%q: %v", n.Value, duration.Err)
			return
		}
		*to = d
	}
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
