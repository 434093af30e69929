package output

import (
	"bufio"
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"
)

// yamlValues writes the items of one YAML sequence, or one mapping. It keeps the
// text until the end: half a sequence would look complete. It is written by hand,
// because the library quotes less than readers of YAML 1.1 need.
type yamlValues struct {
	p    Printer
	w    *bufio.Writer
	list bool
	text bytes.Buffer
}

func newYAML(p Printer, w *bufio.Writer, list bool) valueWriter {
	return &yamlValues{p: p, w: w, list: list}
}

// value appends the text of an item. Sequences of one item are a sequence together.
func (y *yamlValues) value(b []byte) error {
	n, err := node(jsontext.NewDecoder(bytes.NewReader(b), lenient()))
	if err != nil {
		return err
	}
	if y.list {
		n = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{n}}
	}
	e := yaml.NewEncoder(&y.text)
	e.SetIndent(2)
	return cmp.Or(e.Encode(n), e.Close())
}

func (y *yamlValues) end() error {
	if y.text.Len() == 0 {
		y.text.WriteString("[]\n")
	}
	return y.p.writeText(y.w, y.text.String())
}

// node reads a JSON value as a node, which keeps the order of its fields.
func node(d *jsontext.Decoder) (*yaml.Node, error) {
	t, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: t.String()}
	switch t.Kind() {
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
