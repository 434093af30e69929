package output

import (
	"bufio"
	"bytes"
	"slices"
	"strings"
	"text/template/parse"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// parseTemplate compiles a Go template that is run for each item. Besides the
// functions that every template has there is join: {{join "," .scopes}}. When
// fields are known, a template that asks for another one is refused.
func parseTemplate(text string, fields []string) (*program, error) {
	p, err := compile(text)
	if err != nil {
		return nil, provider.Usage("the output format: %w", err)
	}
	if fields == nil {
		return p, nil
	}
	if name := strange(p.root(), fields); name != "" {
		err := provider.Usage("the output format: a credential has no field %q; it has %s", name, strings.Join(fields, ", "))
		if near := provider.Closest(name, fields); near != "" {
			err = provider.Hint(err, "did you mean .%s?", near)
		}
		return nil, err
	}
	return p, nil
}

// strange returns a field of the item that n names and that is not among
// fields, or "". It does not look where the dot may be something else.
func strange(n parse.Node, fields []string) string {
	var inside []parse.Node
	switch n := n.(type) {
	case *parse.ListNode:
		inside = n.Nodes
	case *parse.ActionNode:
		inside = []parse.Node{n.Pipe}
	case *parse.IfNode:
		inside = []parse.Node{n.Pipe, n.List}
		if n.ElseList != nil {
			inside = append(inside, n.ElseList)
		}
	case *parse.WithNode:
		inside = []parse.Node{n.Pipe}
	case *parse.RangeNode:
		inside = []parse.Node{n.Pipe}
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			inside = append(inside, c)
		}
	case *parse.CommandNode:
		inside = n.Args
	case *parse.FieldNode:
		if !slices.Contains(fields, n.Ident[0]) {
			return n.Ident[0]
		}
	}
	for _, i := range inside {
		if name := strange(i, fields); name != "" {
			return name
		}
	}
	return ""
}

// templated runs a template for each value, and ends with a newline what it
// writes. Of fields, one that is absent is an empty string.
type templated struct {
	w        *bufio.Writer
	template *program
	fields   []string
	clean    bool
	buf      bytes.Buffer
}

func (t *templated) value(b []byte) error {
	v, err := decode(b)
	if err != nil {
		return err
	}
	if m, ok := v.(map[string]any); ok {
		for _, f := range t.fields {
			if _, known := m[f]; !known {
				m[f] = absent(f)
			}
		}
	}
	t.buf.Reset()
	if err := t.template.run(&t.buf, v); err != nil {
		return provider.Usage("the output format: %w", err)
	}
	text := t.buf.String()
	if t.clean {
		text = visible.Lines(text)
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	_, err = t.w.WriteString(text)
	return err
}

func (t *templated) end() error { return nil }

func absent(field string) any {
	switch field {
	case "scopes":
		return []any{}
	case "details":
		return map[string]any{}
	}
	return ""
}
