package output

import (
	"bufio"
	"bytes"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// yamlValues writes the items of one YAML sequence, or one mapping. It keeps
// them until the end: half a sequence would look whole.
type yamlValues struct {
	w     *bufio.Writer
	clean bool
	list  bool
	items []*yaml.Node
}

func (y *yamlValues) value(b []byte) error {
	var doc yaml.Node // JSON is YAML, and a node keeps the order of its fields
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return err
	}
	item := doc.Content[0]
	block(item)
	y.items = append(y.items, item)
	return nil
}

func (y *yamlValues) end() error {
	root := &yaml.Node{Kind: yaml.SequenceNode, Content: y.items}
	if len(y.items) == 0 {
		root.Style = yaml.FlowStyle
	}
	if !y.list && len(y.items) == 1 {
		root = y.items[0]
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(root); err != nil {
		return err
	}
	if err := e.Close(); err != nil {
		return err
	}
	text := b.String()
	if y.clean {
		text = clean(text, lines)
	}
	_, err := y.w.WriteString(text)
	return err
}

// block takes the style of JSON from n and what is in it, where that is safe.
func block(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && !ambiguous(n) || len(n.Content) > 0 {
		n.Style = 0
	}
	for _, c := range n.Content {
		block(c)
	}
}

// ambiguous reports whether some reader, of YAML 1.1 for instance, could take
// the string n for something else, were it not quoted: no, 12:30, 2026-01-02.
func ambiguous(n *yaml.Node) bool {
	if n.Tag != "!!str" || n.Value == "" {
		return n.Value == ""
	}
	first := n.Value[0] | 0x20
	return first < 'a' || 'z' < first ||
		slices.Contains([]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}, strings.ToLower(n.Value))
}
