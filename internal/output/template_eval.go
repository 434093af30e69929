package output

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"text/template/parse"
)

// A program is a parsed Go template for JSON values. It does what text/template
// does with them, whose execution is not used: it finds methods by name, and a
// program that can do so keeps every method of every type, which makes ours a
// quarter larger, and so slower to start. The tests hold the two against each other.
type program struct {
	trees     map[string]*parse.Tree // by the names of the templates
	functions map[string]function
}

// mainTemplate is the name of the template that is not defined inside another.
const mainTemplate = "template"

func compile(text string) (*program, error) {
	p := &program{functions: functions()}
	known := make(map[string]any, len(p.functions))
	for name := range p.functions {
		known[name] = true
	}
	var err error
	p.trees, err = parse.Parse(mainTemplate, text, "", "", known)
	return p, err
}

// root is the list of what the template does.
func (p *program) root() *parse.ListNode { return p.trees[mainTemplate].Root }

// run writes what the template makes of v: nil, a bool, a string, a
// json.Number, a []any or a map[string]any.
func (p *program) run(out *bytes.Buffer, v any) error {
	if v == nil {
		v = noValue{}
	}
	tree := p.trees[mainTemplate]
	e := evaluation{program: p, tree: tree, out: out, vars: []variable{{"$", v}}}
	return e.walk(v, tree.Root)
}

// A noValue is what is not there: a field that an object does not have. The nil
// of an object or a list is a value; it becomes none in a pipeline.
type noValue struct{}

func (noValue) String() string { return "<no value>" }

// noArg is the last argument of the first command of a pipeline, which has none.
type noArg struct{}

var errBreak, errContinue = errors.New("break"), errors.New("continue")

// maxDepth bounds templates that call themselves.
const maxDepth = 100_000

type variable struct {
	name  string
	value any
}

// An evaluation is one run of one template.
type evaluation struct {
	*program
	tree  *parse.Tree
	out   *bytes.Buffer
	vars  []variable
	depth int
}

// errorf says where in the template an error arose. It never quotes a value,
// which may be a secret.
func (e *evaluation) errorf(n parse.Node, format string, args ...any) error {
	where, what := e.tree.ErrorContext(n)
	return fmt.Errorf("template: %s: at <%s>: %w", where, what, fmt.Errorf(format, args...))
}

func (e *evaluation) walk(dot any, node parse.Node) error {
	switch n := node.(type) {
	case *parse.TextNode:
		e.out.Write(n.Text)
	case *parse.ListNode:
		for _, inside := range n.Nodes {
			if err := e.walk(dot, inside); err != nil {
				return err
			}
		}
	case *parse.ActionNode:
		v, err := e.pipeline(dot, n.Pipe)
		if err == nil && len(n.Pipe.Decl) == 0 {
			fmt.Fprint(e.out, v)
		}
		return err
	case *parse.IfNode:
		return e.branch(dot, &n.BranchNode, false)
	case *parse.WithNode:
		return e.branch(dot, &n.BranchNode, true)
	case *parse.RangeNode:
		return e.loop(dot, n)
	case *parse.BreakNode:
		return errBreak
	case *parse.ContinueNode:
		return errContinue
	case *parse.TemplateNode:
		return e.call(dot, n)
	}
	return nil
}

// branch is an if, or a with, which makes its value the dot.
func (e *evaluation) branch(dot any, n *parse.BranchNode, with bool) error {
	defer e.pop(len(e.vars))
	v, err := e.pipeline(dot, n.Pipe)
	switch {
	case err != nil:
		return err
	case truth(v) && with:
		return e.walk(v, n.List)
	case truth(v):
		return e.walk(dot, n.List)
	case n.ElseList != nil:
		return e.walk(dot, n.ElseList)
	}
	return nil
}

func (e *evaluation) pop(mark int) { e.vars = e.vars[:mark] }

// call runs another template. It sees none of the variables.
func (e *evaluation) call(dot any, n *parse.TemplateNode) error {
	tree := e.trees[n.Name]
	if tree == nil {
		return e.errorf(n, "template %q is not defined", n.Name)
	}
	if e.depth == maxDepth {
		return e.errorf(n, "more than %d templates in each other", maxDepth)
	}
	v, err := e.pipeline(dot, n.Pipe)
	if err != nil {
		return err
	}
	inner := evaluation{program: e.program, tree: tree, out: e.out, depth: e.depth + 1, vars: []variable{{"$", v}}}
	return inner.walk(v, tree.Root)
}

// loop is a range: over a list, an object in the order of its keys, or the
// numbers below another.
func (e *evaluation) loop(dot any, n *parse.RangeNode) error {
	defer e.pop(len(e.vars))
	v, err := e.pipeline(dot, n.Pipe)
	if err != nil {
		return err
	}
	mark, rounds := len(e.vars), 0
	round := func(key, elem any) error {
		rounds++
		err := e.assign(n.Pipe, key, elem)
		if err == nil {
			err = e.walk(elem, n.List)
		}
		e.pop(mark)
		if errors.Is(err, errContinue) {
			return nil
		}
		return err
	}
	switch v := v.(type) {
	case []any:
		for i, elem := range v {
			if err = round(i, elem); err != nil {
				break
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if err = round(key, v[key]); err != nil {
				break
			}
		}
	case int:
		if len(n.Pipe.Decl) > 1 {
			return e.errorf(n, "a number has no second variable")
		}
		for i := range v {
			if err = round(nil, i); err != nil {
				break
			}
		}
	case noValue:
	default:
		return e.errorf(n, "range cannot go over a %s", kindOf(v))
	}
	if errors.Is(err, errBreak) {
		return nil
	}
	if rounds == 0 && n.ElseList != nil {
		return e.walk(dot, n.ElseList)
	}
	return err
}

// assign gives the variables of a range their values for one round.
func (e *evaluation) assign(pipe *parse.PipeNode, key, elem any) error {
	values := []any{elem}
	if len(pipe.Decl) > 1 {
		values = []any{key, elem}
	}
	for i, d := range pipe.Decl {
		if !pipe.IsAssign {
			e.vars[len(e.vars)-len(pipe.Decl)+i].value = values[i]
		} else if err := e.set(d, values[i]); err != nil {
			return err
		}
	}
	return nil
}

// set overwrites a variable. The parser lets pass that there is none.
func (e *evaluation) set(n *parse.VariableNode, v any) error {
	for i := range slices.Backward(e.vars) {
		if e.vars[i].name == n.Ident[0] {
			e.vars[i].value = v
			return nil
		}
	}
	return e.errorf(n, "the variable is not defined")
}
