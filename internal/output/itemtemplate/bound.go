package itemtemplate

import (
	"context"
	"text/template/parse"

	template "github.com/DataDog/datadog-agent/pkg/template/text"
)

// checkpoint is the function that each round of a loop and each template calls, so that
// one which would never end can be stopped.
const checkpoint = "credctlCheckpoint"

// bound returns the function checkpoint for a run that ctx ends.
func bound(ctx context.Context) template.FuncMap {
	return template.FuncMap{checkpoint: func() (string, error) { return "", ctx.Err() }}
}

// stoppable puts the checkpoints into a template and those that it defines.
func stoppable(t *template.Template) error {
	call, err := template.New("").Funcs(bound(context.Background())).Parse("{{" + checkpoint + "}}")
	if err != nil {
		return err
	}
	for _, one := range t.Templates() {
		if one.Tree != nil {
			addCheckpoints(one.Root, call.Root.Nodes[0])
			one.Root.Nodes = append([]parse.Node{call.Root.Nodes[0]}, one.Root.Nodes...)
		}
	}
	return nil
}

func addCheckpoints(list *parse.ListNode, call parse.Node) {
	if list == nil { // there is no else
		return
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.IfNode:
			addCheckpoints(n.List, call)
			addCheckpoints(n.ElseList, call)
		case *parse.WithNode:
			addCheckpoints(n.List, call)
			addCheckpoints(n.ElseList, call)
		case *parse.RangeNode:
			addCheckpoints(n.List, call)
			addCheckpoints(n.ElseList, call)
			n.List.Nodes = append([]parse.Node{call}, n.List.Nodes...)
		}
	}
}
