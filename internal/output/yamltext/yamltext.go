// Package yamltext writes JSON values as YAML that readers of YAML 1.1 and 1.2 take
// alike. It chooses the quotes itself: the library quotes less than YAML 1.1 needs.
package yamltext

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"
)

// Append adds a JSON value to b, its fields in their order: as an item of a
// sequence, or alone. Items that are appended one after another are one sequence.
func Append(b *bytes.Buffer, json []byte, item bool) error {
	n, err := node(jsontext.NewDecoder(bytes.NewReader(json), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)))
	if err != nil {
		return err
	}
	if item {
		n = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{n}}
	}
	e := yaml.NewEncoder(b)
	e.SetIndent(2)
	return cmp.Or(e.Encode(n), e.Close())
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
