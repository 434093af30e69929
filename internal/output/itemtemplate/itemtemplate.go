// Package itemtemplate runs a Go template for each item of a listing. Items are
// JSON objects, of which the fields may be known.
package itemtemplate

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"
	"text/template/parse"

	template "github.com/DataDog/datadog-agent/pkg/template/text"
)

// A Template is a Go template for an item. Besides the functions that every
// template has there is join: {{join "," .scopes}}.
type Template struct {
	template *template.Template
	fields   []string // nil: not known
}

// Parse compiles a template for items with these fields; nil is that they are not known.
func Parse(text string, fields []string) (*Template, error) {
	t, err := template.New("template").Funcs(template.FuncMap{"join": join}).Funcs(bound(context.Background())).Parse(text)
	if err != nil {
		return nil, err
	}
	return &Template{t, fields}, stoppable(t)
}

// UnknownField returns a field that the template names and that an item does not
// have, or "". It does not look where the dot may be something else.
func (t *Template) UnknownField() string {
	if t.fields == nil || t.template.Tree == nil {
		return ""
	}
	return unknownField(t.template.Root, t.fields)
}

// Run writes what the template makes of a decoded JSON value. A field of an item
// that is absent is empty, where fields are known. It ends when ctx does.
func (t *Template) Run(ctx context.Context, w io.Writer, v any) error {
	if m, ok := v.(map[string]any); ok && t.fields != nil {
		v = complete(m, t.fields)
	}
	return t.template.Funcs(bound(ctx)).Execute(w, v)
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

// unknownField returns a field that n names and that is not among fields, or "".
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
