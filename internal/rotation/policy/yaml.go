package policy

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
)

// document returns the root of the only document.
func (p *parser) document(data []byte) (*yaml.Node, error) {
	var doc, more yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(data))
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF), err == nil && len(doc.Content) == 0:
		return &yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}, nil
	case err != nil:
		return nil, syntaxError(err)
	}
	if err := d.Decode(&more); err == nil {
		p.bad(&more, "a second document begins here; a policy is one document")
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxError(err)
	}
	return doc.Content[0], nil
}

// syntaxError says what is wrong with a text that is not YAML. The parser's own error
// may quote a value that begins with an asterisk.
func syntaxError(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if strings.Contains(text, "anchor") {
		text = "undefined alias; quote a value that begins with *"
	}
	return errors.New(text)
}

const noAliases = "aliases and merge keys are not supported; write out the value"

// A field is a key of a mapping, and what it may be: a pointer that takes its value, or
// a function that reads it.
type fields map[string]any

// mapping reads the value of each key, and returns the nodes of the values.
func (p *parser) mapping(n *yaml.Node, known fields) map[string]*yaml.Node {
	given := map[string]*yaml.Node{}
	if !p.is(n, yaml.MappingNode, "a mapping") {
		return given
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		to, ok := known[key.Value]
		switch {
		case key.Kind == yaml.AliasNode || key.Tag == "!!merge":
			p.bad(key, noAliases)
		case !ok:
			p.unknown(key, slices.Sorted(maps.Keys(known)))
		case given[key.Value] != nil:
			p.bad(key, "%s is given twice", key.Value)
		default:
			given[key.Value] = value
			p.read(value, to)
		}
	}
	return given
}

// unknown notes a key that is none of those that are known.
func (p *parser) unknown(key *yaml.Node, known []string) {
	hint := ""
	if near := provider.Closest(key.Value, known); near != "" {
		hint = "; did you mean " + near + "?"
	}
	p.bad(key, "unknown key %q%s", key.Value, hint)
}

// is reports whether a node is of a kind, and notes what is wrong if not. An alias is
// never followed: a few of them can stand for a text of any size.
func (p *parser) is(n *yaml.Node, kind yaml.Kind, what string) bool {
	if n.Kind == yaml.AliasNode {
		p.bad(n, noAliases)
		return false
	}
	if n.Kind != kind {
		p.bad(n, "expected %s", what)
	}
	return n.Kind == kind
}

// read reads a value into what to points to, or gives it to the function that to is.
func (p *parser) read(n *yaml.Node, to any) {
	switch to := to.(type) {
	case func(*yaml.Node):
		to(n)
	case *string: // as it was written: an ID of digits is text, too
		if p.is(n, yaml.ScalarNode, "a text") {
			if n.Tag == "!!null" || n.Value == "" {
				p.bad(n, "expected a text that is not empty")
				return
			}
			*to = n.Value
		}
	case *[]string:
		for _, item := range p.sequence(n) {
			*to = append(*to, "")
			p.read(item, &(*to)[len(*to)-1])
		}
	case *map[string]string:
		*to = map[string]string{}
		if p.is(n, yaml.MappingNode, "a mapping of keys to texts") {
			for i := 0; i+1 < len(n.Content); i += 2 {
				s := ""
				p.read(n.Content[i+1], &s)
				(*to)[n.Content[i].Value] = s
			}
		}
	case *bool:
		if p.is(n, yaml.ScalarNode, "true or false") && (n.Tag != "!!bool" || n.Decode(to) != nil) {
			p.bad(n, "expected true or false")
		}
	case *time.Duration:
		if p.is(n, yaml.ScalarNode, "a duration") {
			var err error
			if *to, err = duration.Parse(n.Value); err != nil {
				p.bad(n, "%q: %v", n.Value, duration.Err)
			}
		}
	}
}

func (p *parser) sequence(n *yaml.Node) []*yaml.Node {
	if !p.is(n, yaml.SequenceNode, "a list") {
		return nil
	}
	return n.Content
}
