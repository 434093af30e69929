package output

import (
	"fmt"
	"net/url"
	"strings"
	"text/template/parse"
)

// A function of a template. Of its arguments, none is a noValue: those are nil.
type function struct {
	low, high int                      // how many arguments it takes; high -1: any number
	takes     string                   // the types of the first of them: s is a string, l a list; the others have any
	call      func([]any) (any, error) // nil for and and or, which do not evaluate all
}

// functions returns those that every Go template has, but for call, which JSON
// has no use for, and join: {{join "," .scopes}}.
func functions() map[string]function {
	return map[string]function{
		"and":      {low: 1, high: -1},
		"or":       {low: 1, high: -1},
		"not":      {1, 1, "", func(a []any) (any, error) { return !truth(a[0]), nil }},
		"len":      {1, 1, "", length},
		"index":    {1, -1, "", index},
		"slice":    {1, 4, "", slice},
		"print":    {0, -1, "", func(a []any) (any, error) { return fmt.Sprint(a...), nil }},
		"println":  {0, -1, "", func(a []any) (any, error) { return fmt.Sprintln(a...), nil }},
		"printf":   {1, -1, "s", func(a []any) (any, error) { return fmt.Sprintf(a[0].(string), a[1:]...), nil }},
		"html":     {0, -1, "", func(a []any) (any, error) { return escapeHTML(printed(a)), nil }},
		"js":       {0, -1, "", func(a []any) (any, error) { return escapeJS(printed(a)), nil }},
		"urlquery": {0, -1, "", func(a []any) (any, error) { return url.QueryEscape(printed(a)), nil }},
		"eq":       {1, -1, "", equal},
		"ne":       {2, 2, "", func(a []any) (any, error) { yes, err := same(a[0], a[1]); return !yes, err }},
		"lt":       {2, 2, "", func(a []any) (any, error) { order, err := compare(a[0], a[1]); return order < 0, err }},
		"le":       {2, 2, "", func(a []any) (any, error) { order, err := compare(a[0], a[1]); return order <= 0, err }},
		"gt":       {2, 2, "", func(a []any) (any, error) { order, err := compare(a[0], a[1]); return order > 0, err }},
		"ge":       {2, 2, "", func(a []any) (any, error) { order, err := compare(a[0], a[1]); return order >= 0, err }},
		"join":     {2, 2, "sl", func(a []any) (any, error) { return join(a[0].(string), a[1].([]any)), nil }},
	}
}

// apply calls a function. The value of the command before it in the pipeline is
// its last argument.
func (e *evaluation) apply(dot any, n *parse.IdentifierNode, nodes []parse.Node, last any) (any, error) {
	f, count := e.functions[n.Ident], len(nodes)
	if last != any(noArg{}) {
		count++
	}
	if count < f.low || f.high >= 0 && count > f.high {
		return nil, e.errorf(n, "%s does not take %d arguments", n.Ident, count)
	}
	args := make([]any, 0, count)
	for _, node := range nodes {
		v, err := e.operand(dot, node, false)
		if err != nil {
			return nil, err
		}
		if f.call == nil && truth(v) == (n.Ident == "or") {
			return v, nil
		}
		args = append(args, v)
	}
	if len(args) < count {
		args = append(args, last)
	}
	if f.call == nil {
		return args[len(args)-1], nil
	}
	for i, v := range args {
		if err := f.check(i, v); err != nil {
			return nil, e.errorf(n, "%s: %w", n.Ident, err)
		}
		if v == any(noValue{}) {
			args[i] = nil
			if i < len(f.takes) {
				args[i] = []any(nil)
			}
		}
	}
	v, err := f.call(args)
	if err != nil {
		return nil, e.errorf(n, "%s: %w", n.Ident, err)
	}
	return v, nil
}

// check reports whether f takes v as its argument i.
func (f function) check(i int, v any) error {
	if i >= len(f.takes) {
		return nil
	}
	if _, ok := v.(string); f.takes[i] == 's' && !ok {
		return fmt.Errorf("argument %d is a %s, not a string", i+1, kindOf(v))
	}
	_, list := v.([]any)
	if none := v == any(noValue{}); f.takes[i] == 'l' && !list && !none {
		return fmt.Errorf("argument %d is a %s, not a list", i+1, kindOf(v))
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
