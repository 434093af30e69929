package output

import (
	"bufio"
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/visible"
)

// yamlValues writes the items of one YAML sequence, or one mapping. It keeps
// the text until the end: half a sequence would look whole.
type yamlValues struct {
	w     *bufio.Writer
	clean bool
	list  bool
	items []*yaml.Node
	text  bytes.Buffer
}

func (y *yamlValues) value(b []byte) error {
	item, err := node(jsontext.NewDecoder(bytes.NewReader(b), lenient()))
	if err != nil {
		return err
	}
	if !y.list {
		return y.encode(item)
	}
	y.items = append(y.items, item)
	if len(y.items) < 100 { // the text is smaller than nodes, but an encoder dear
		return nil
	}
	return y.sequence()
}

// sequence turns the items into text. Pieces of a sequence make a whole one.
func (y *yamlValues) sequence() error {
	n := &yaml.Node{Kind: yaml.SequenceNode, Content: y.items}
	y.items = nil
	return y.encode(n)
}

func (y *yamlValues) encode(n *yaml.Node) error {
	e := yaml.NewEncoder(&y.text)
	e.SetIndent(2)
	if err := e.Encode(n); err != nil {
		return err
	}
	return e.Close()
}

func (y *yamlValues) end() error {
	if len(y.items) > 0 || y.text.Len() == 0 {
		if err := y.sequence(); err != nil {
			return err
		}
	}
	text := y.text.String()
	if y.clean {
		text = visible.Lines(text)
	}
	_, err := y.w.WriteString(text)
	return err
}

// node reads a JSON value as a node, which keeps the order of its fields.
func node(d *jsontext.Decoder) (*yaml.Node, error) {
	t, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: t.String()}
	switch kind := t.Kind(); kind {
	case jsontext.KindBeginObject:
		n = &yaml.Node{Kind: yaml.MappingNode}
	case jsontext.KindBeginArray:
		n = &yaml.Node{Kind: yaml.SequenceNode}
	case jsontext.KindString:
		n.Tag = "!!str"
		if ambiguous(n.Value) {
			n.Style = yaml.DoubleQuotedStyle
		}
		return n, nil
	default:
		return n, nil
	}
	for d.PeekKind() != jsontext.KindEndObject && d.PeekKind() != jsontext.KindEndArray {
		inside, err := node(d)
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, inside)
	}
	_, err = d.ReadToken()
	return n, err
}

// ambiguous reports whether some reader, of YAML 1.1 for instance, could take
// the string s for something else, were it not quoted: no, 12:30, 2026-01-02.
func ambiguous(s string) bool {
	if s == "" {
		return true
	}
	first := s[0] | 0x20
	return first < 'a' || 'z' < first ||
		slices.Contains([]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}, strings.ToLower(s))
}
