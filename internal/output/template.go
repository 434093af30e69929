package output

import (
	"bufio"
	"maps"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/credctl/credctl/internal/provider"
)

// parseTemplate compiles a Go template that is run for each item. Besides the
// functions that every template has there is join: {{join "," .scopes}}. When the
// fields of the items are known, a template that asks for another one is refused.
func parseTemplate(f *Format, text string) error {
	if text == "" {
		return provider.Usage("-o template needs a Go template, as in -o 'template={{.id}}'")
	}
	t, err := template.New("template").Funcs(template.FuncMap{"join": join}).Parse(text)
	if err != nil {
		return provider.Usage("the output format: %w", err)
	}
	f.template = t
	if f.fields == nil || t.Tree == nil {
		return nil
	}
	if name := unknownField(t.Root, f.fields); name != "" {
		return unknown(name, f.fields, "the output format: a credential has no field %q; it has %s", "did you mean .%s?")
	}
	return nil
}

// join is the function that Go templates lack. What is no string it leaves out.
func join(sep string, list []any) string {
	var parts []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, sep)
}

// unknownField returns a field of the item that n names and that is not among
// fields, or "". It does not look where the dot may be something else.
func unknownField(n parse.Node, fields []string) string {
	var inside []parse.Node
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil { // there is no else
			inside = n.Nodes
		}
	case *parse.ActionNode:
		return unknownField(n.Pipe, fields)
	case *parse.IfNode:
		inside = []parse.Node{n.Pipe, n.List, n.ElseList}
	case *parse.WithNode:
		return unknownField(n.Pipe, fields)
	case *parse.RangeNode:
		return unknownField(n.Pipe, fields)
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
		if name := unknownField(i, fields); name != "" {
			return name
		}
	}
	return ""
}

// templated runs a template for each value, and ends with a newline what it
// writes. Of fields, one that is absent is empty.
type templated struct {
	p Printer
	w *bufio.Writer
}

func newTemplated(p Printer, w *bufio.Writer, _ bool) valueWriter { return templated{p, w} }

func (t templated) value(b []byte) error {
	v, err := decode(b)
	if err != nil {
		return err
	}
	if m, ok := v.(map[string]any); ok && t.p.Format.fields != nil {
		v = complete(m, t.p.Format.fields)
	}
	var text strings.Builder
	if err := t.p.Format.template.Execute(&text, v); err != nil {
		return t.p.misfit("output format", err)
	}
	if s := text.String(); s != "" && !strings.HasSuffix(s, "\n") {
		text.WriteByte('\n')
	}
	return t.p.writeText(t.w, text.String())
}

func (templated) end() error { return nil }

// complete returns a credential in which none of the fields is absent.
func complete(given map[string]any, fields []string) map[string]any {
	all := map[string]any{"scopes": []any{}, "details": map[string]any{}}
	for _, f := range fields {
		if all[f] == nil {
			all[f] = ""
		}
	}
	maps.Copy(all, given)
	return all
}
