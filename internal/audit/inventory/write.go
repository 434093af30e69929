package inventory

import (
	"bytes"
	"cmp"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// A Draft is an inventory to which credentials are added. What it had before stays,
// with its comments.
type Draft struct {
	doc   yaml.Node
	list  *yaml.Node
	known map[journal.Ref]bool
}

// NewDraft returns a draft of an inventory; an empty text is a new one. The text is one
// that [Parse] reads.
func NewDraft(text []byte) (*Draft, error) {
	d := &Draft{known: map[journal.Ref]bool{}}
	if err := yaml.Unmarshal(text, &d.doc); err != nil {
		return nil, provider.Usage("the inventory: %v", err)
	}
	if len(d.doc.Content) == 0 {
		d.doc = yaml.Node{Kind: yaml.DocumentNode, HeadComment: "Who answers for each credential. Add owner, purpose and review: 2027-03-31 to each.", Content: []*yaml.Node{{Kind: yaml.MappingNode}}}
	}
	root := d.doc.Content[0]
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "credentials" {
			d.list = root.Content[i+1]
		}
	}
	if d.list == nil {
		d.list = &yaml.Node{Kind: yaml.SequenceNode}
		root.Content = append([]*yaml.Node{{Kind: yaml.ScalarNode, Value: "credentials"}, d.list}, root.Content...)
	}
	if d.list.Kind == yaml.SequenceNode {
		d.list.Style = 0 // a line for each
	}
	return d, nil
}

// longestName is how much of a name a comment shows.
const longestName = 80

// Add adds the credential with which a chain begins, once. The name is a comment.
func (d *Draft) Add(root journal.Ref, name string) {
	if d.known[root] {
		return
	}
	d.known[root] = true
	n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	for _, pair := range [][2]string{{"provider", root.Provider}, {"kind", root.Kind}, {"id", root.ID}} {
		value := &yaml.Node{}
		value.SetString(pair[1])
		n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: pair[0]}, value)
	}
	if text := []rune(visible.OneLine(name)); len(text) > 0 {
		n.LineComment = "# " + string(text[:min(len(text), longestName)])
	}
	d.list.Content = append(d.list.Content, n)
}

// Text returns the inventory.
func (d *Draft) Text() ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	err := e.Encode(&d.doc)
	return b.Bytes(), cmp.Or(err, e.Close())
}
