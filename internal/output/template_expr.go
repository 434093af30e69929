package output

import (
	"encoding/json"
	"slices"
	"strings"
	"text/template/parse"
)

// pipeline evaluates commands, each of which has the value of the one before as
// its last argument, and then sets its variables.
func (e *evaluation) pipeline(dot any, pipe *parse.PipeNode) (any, error) {
	if pipe == nil {
		return noValue{}, nil
	}
	var v any = noArg{}
	for _, cmd := range pipe.Cmds {
		var err error
		if v, err = e.command(dot, cmd.Args, v); err != nil {
			return nil, err
		}
		if v == nil {
			v = noValue{}
		}
	}
	for _, d := range pipe.Decl {
		if !pipe.IsAssign {
			e.vars = append(e.vars, variable{d.Ident[0], v})
		} else if err := e.set(d, v); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// command evaluates a function with its arguments, or a value without any.
func (e *evaluation) command(dot any, args []parse.Node, last any) (any, error) {
	if id, ok := args[0].(*parse.IdentifierNode); ok {
		return e.apply(dot, id, args[1:], last)
	}
	if _, ok := args[0].(*parse.NilNode); ok {
		return nil, e.errorf(args[0], "nil is not a command")
	}
	return e.operand(dot, args[0], len(args) > 1 || last != any(noArg{}))
}

// operand evaluates one word of a command. It is an error that it has arguments,
// unless it is a field of what is not there.
func (e *evaluation) operand(dot any, node parse.Node, args bool) (any, error) {
	switch n := node.(type) {
	case *parse.FieldNode:
		return e.fields(n, dot, n.Ident, args)
	case *parse.VariableNode:
		if v := e.variable(n.Ident[0]); len(n.Ident) > 1 {
			return e.fields(n, v, n.Ident[1:], args)
		}
	case *parse.ChainNode:
		v, err := e.operand(dot, n.Node, false)
		if err != nil {
			return nil, err
		}
		return e.fields(n, v, n.Field, args)
	}
	if args {
		return nil, e.errorf(node, "only a function has arguments")
	}
	switch n := node.(type) {
	case *parse.DotNode:
		return dot, nil
	case *parse.NilNode:
		return noValue{}, nil
	case *parse.VariableNode:
		return e.variable(n.Ident[0]), nil
	case *parse.PipeNode:
		return e.pipeline(dot, n)
	case *parse.IdentifierNode:
		return e.apply(dot, n, nil, noArg{})
	case *parse.BoolNode:
		return n.True, nil
	case *parse.StringNode:
		return n.Text, nil
	case *parse.NumberNode:
		return e.number(n)
	}
	return nil, e.errorf(node, "this is no value")
}

func (e *evaluation) variable(name string) any {
	for _, v := range slices.Backward(e.vars) {
		if v.name == name {
			return v.value
		}
	}
	return noValue{}
}

// number returns a constant with the type that its syntax suggests.
func (e *evaluation) number(n *parse.NumberNode) (any, error) {
	hex := len(n.Text) > 2 && strings.EqualFold(n.Text[:2], "0x") && !strings.ContainsAny(n.Text, "pP")
	switch {
	case n.IsComplex:
		return n.Complex128, nil
	case n.IsFloat && !hex && n.Text[0] != '\'' && strings.ContainsAny(n.Text, ".eEpP"):
		return n.Float64, nil
	case n.IsInt && int64(int(n.Int64)) == n.Int64:
		return int(n.Int64), nil
	}
	return nil, e.errorf(n, "%s is too large a number", n.Text)
}

// fields follows names from v.
func (e *evaluation) fields(n parse.Node, v any, names []string, args bool) (any, error) {
	for i, name := range names {
		switch object := v.(type) {
		case noValue:
			continue
		case map[string]any:
			if args && i == len(names)-1 {
				return nil, e.errorf(n, "only a function has arguments")
			}
			var ok bool
			if v, ok = object[name]; !ok {
				v = noValue{}
			}
			continue
		case json.Number:
			if got, err, ok := method(object, name); ok && !args {
				if err != nil {
					return nil, e.errorf(n, "%s: %w", name, err)
				}
				v = got
				continue
			}
		}
		return nil, e.errorf(n, "a %s has no field %s", kindOf(v), name)
	}
	return v, nil
}
