// Package yamlfile reads YAML files of the user, and finds all that is wrong with one
// at once, each mistake with its place.
package yamlfile

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/provider"
)

// A Reader collects what is wrong with a file.
type Reader struct {
	What string // what the file is, such as a policy

	wrong []mistake
}

// A mistake is one thing that is wrong, and where.
type mistake struct {
	*yaml.Node
	text string
}

// mostMistakes is how many mistakes an error describes.
const mostMistakes = 20

// Bad notes what is wrong at a node.
func (r *Reader) Bad(n *yaml.Node, format string, args ...any) {
	r.wrong = append(r.wrong, mistake{n, fmt.Sprintf(format, args...)})
}

// Err returns what is wrong with the file of that name: an error of class
// [provider.ErrUsage], with a line for each of the first 20 mistakes and its place.
func (r *Reader) Err(file string) error {
	if r.wrong == nil {
		return nil
	}
	slices.SortStableFunc(r.wrong, func(a, b mistake) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
	var problems []error
	for _, w := range r.wrong[:min(len(r.wrong), mostMistakes)] {
		problems = append(problems, fmt.Errorf("%s:%d:%d: %s", file, w.Line, w.Column, w.text))
	}
	if more := len(r.wrong) - mostMistakes; more > 0 {
		problems = append(problems, fmt.Errorf("%s: %d more mistakes", file, more))
	}
	return provider.WithClass(provider.ErrUsage, errors.Join(problems...))
}

// Document returns the root of the only document in a file.
func (r *Reader) Document(file string, text []byte) (*yaml.Node, error) {
	root, second, err := Decode(file, text)
	if second != nil {
		r.Bad(second, "a second document begins here; %s must be one document", r.What)
	}
	if root == nil {
		root = &yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}
	}
	return root, err
}

const noAliases = "aliases and merge keys are not supported; write out the value"

// Fields are the keys of a mapping, and what each may be: a pointer that takes its
// value, or a function that reads it.
type Fields map[string]any

// Mapping reads the value of each key, and returns the nodes of the values.
func (r *Reader) Mapping(n *yaml.Node, known Fields) map[string]*yaml.Node {
	given := map[string]*yaml.Node{}
	if !r.Is(n, yaml.MappingNode, "a mapping") {
		return given
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		to, ok := known[key.Value]
		switch {
		case key.Kind == yaml.AliasNode || key.Tag == "!!merge":
			r.Bad(key, noAliases)
		case key.Kind != yaml.ScalarNode:
			r.Bad(key, "expected a name")
		case !ok:
			r.Unknown(key, slices.Sorted(maps.Keys(known)))
		case given[key.Value] != nil:
			r.Bad(key, "%s is given twice", key.Value)
		default:
			given[key.Value] = value
			r.Read(value, to)
		}
	}
	return given
}

// Unknown notes a key that is none of those that are known.
func (r *Reader) Unknown(key *yaml.Node, known []string) {
	hint := ""
	if near := provider.Closest(key.Value, known); near != "" {
		hint = "; did you mean " + near + "?"
	}
	r.Bad(key, "unknown key %q%s", key.Value, hint)
}

// Is reports whether a node is of a kind, and notes what is wrong if not. An alias is
// never followed: a few of them can stand for a text of any size.
func (r *Reader) Is(n *yaml.Node, kind yaml.Kind, what string) bool {
	if n.Kind == yaml.AliasNode {
		r.Bad(n, noAliases)
		return false
	}
	if n.Kind != kind {
		r.Bad(n, "expected %s", what)
	}
	return n.Kind == kind
}

// Read reads a value into what to points to, or gives it to the function that to is.
func (r *Reader) Read(n *yaml.Node, to any) {
	switch to := to.(type) {
	case func(*yaml.Node):
		to(n)
	case *string: // as it was written: an ID of digits is text, too
		if r.Is(n, yaml.ScalarNode, "a text") {
			if n.Tag == "!!null" || n.Value == "" {
				r.Bad(n, "expected a text that is not empty")
				return
			}
			*to = n.Value
		}
	case *[]string:
		for _, item := range r.Sequence(n) {
			*to = append(*to, "")
			r.Read(item, &(*to)[len(*to)-1])
		}
	case *map[string]string:
		*to = map[string]string{}
		if r.Is(n, yaml.MappingNode, "a mapping of keys to texts") {
			for i := 0; i+1 < len(n.Content); i += 2 {
				key, value := n.Content[i], ""
				if _, twice := (*to)[key.Value]; twice {
					r.Bad(key, "%s is given twice", key.Value)
				}
				r.Read(n.Content[i+1], &value)
				(*to)[key.Value] = value
			}
		}
	case *bool:
		if r.Is(n, yaml.ScalarNode, "true or false") && (n.Tag != "!!bool" || n.Decode(to) != nil) {
			r.Bad(n, "expected true or false")
		}
	case *time.Duration:
		if r.Is(n, yaml.ScalarNode, "a duration") {
			var err error
			if *to, err = duration.Parse(n.Value); err != nil {
				r.Bad(n, "%q: %v", n.Value, duration.Err)
			}
		}
	}
}

// Sequence returns the items of a list.
func (r *Reader) Sequence(n *yaml.Node) []*yaml.Node {
	what := "a list"
	if n.Kind == yaml.ScalarNode && n.Value != "" {
		what = fmt.Sprintf("a list, such as [%q]", n.Value)
	}
	if !r.Is(n, yaml.SequenceNode, what) {
		return nil
	}
	return n.Content
}
