package configfile

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A layout is a YAML text and where its nodes are. Each edit is one replacement of
// a part of the text.
type layout struct {
	text []byte
	root *yaml.Node // nil: the text says nothing
}

// set puts value at key; "" is a mapping that says nothing.
func (l *layout) set(key Key, value string) {
	at := l.root
	if at == nil || at.Kind != yaml.MappingNode {
		l.insertLines(len(l.text), key, value, 0)
		return
	}
	for i := range key {
		k, v := entry(at, key[i])
		rest := key[i+1:]
		switch {
		case k == nil:
			l.insert(at, key[i:], value)
			return
		case len(rest) == 0:
			l.replace(at, k, v, scalar(value))
			return
		case v.Kind == yaml.MappingNode:
			at = v
		case at.Style&yaml.FlowStyle != 0:
			l.replace(at, k, v, "{"+flow(rest, value)+"}")
			return
		default: // a null
			l.insertLines(l.lineAfter(k.Line), rest, value, k.Column+1)
			return
		}
	}
}

// insert adds an entry to a mapping that has others, or none in braces.
func (l *layout) insert(m *yaml.Node, key Key, value string) {
	if m.Style&yaml.FlowStyle != 0 {
		text := flow(key, value)
		if len(m.Content) > 0 {
			text += ", "
		}
		at := l.offset(m) + 1
		l.splice(at, at, text)
		return
	}
	last := m.Content[len(m.Content)-2]
	_, end := l.lines(last)
	l.insertLines(end, key, value, last.Column-1)
}

// insertLines writes an entry in lines of its own at an offset, where a line begins.
func (l *layout) insertLines(at int, key Key, value string, indent int) {
	newline := "\n"
	if bytes.Contains(l.text, []byte("\r\n")) {
		newline = "\r\n"
	}
	var b strings.Builder
	if at > 0 && l.text[at-1] != '\n' {
		b.WriteString(newline)
	}
	for i, name := range key {
		b.WriteString(strings.Repeat(" ", indent+2*i) + scalar(name) + ":")
		if i == len(key)-1 {
			b.WriteString(" " + scalar(value))
		}
		b.WriteString(newline)
	}
	l.splice(at, at, b.String())
}

// replace writes value in place of the value of an entry.
func (l *layout) replace(m, k, v *yaml.Node, value string) {
	colon := l.scalarEnd(l.offset(k), false)
	colon += bytes.IndexByte(l.text[colon:], ':') + 1
	start, end := l.lines(k)
	switch inFlow := m.Style&yaml.FlowStyle != 0; {
	case v.Tag == "!!null" && v.Value == "":
		l.splice(colon, colon, " "+value)
	case inFlow:
		l.splice(l.offset(v), l.flowEnd(l.offset(v)), value)
	case bytes.Count(bytes.TrimRight(l.text[start:end], "\r\n"), []byte("\n")) > 0:
		l.splice(colon, start+len(bytes.TrimRight(l.text[start:end], "\r\n")), " "+value)
	default:
		l.splice(l.offset(v), l.scalarEnd(l.offset(v), true), value)
	}
}

// remove takes the entry at key away.
func (l *layout) remove(key Key) {
	at := l.root
	for i, name := range key {
		k, v := entry(at, name)
		switch {
		case k == nil:
			return
		case i < len(key)-1:
			at = v
		case at.Style&yaml.FlowStyle == 0:
			start, end := l.lines(k)
			l.splice(start, end, "")
		default:
			l.removeFlow(at, slices.Index(at.Content, k))
		}
	}
}

// removeFlow takes an entry away from a mapping in braces, with one comma.
func (l *layout) removeFlow(m *yaml.Node, i int) {
	start, end := l.offset(m.Content[i]), l.flowEnd(l.offset(m.Content[i+1]))
	switch {
	case i+2 < len(m.Content):
		end = l.offset(m.Content[i+2])
	case i > 0:
		start = l.flowEnd(l.offset(m.Content[i-1]))
	}
	l.splice(start, end, "")
}

func (l *layout) splice(start, end int, text string) {
	l.text = slices.Concat(l.text[:start], []byte(text), l.text[end:])
}

// entry returns the key and the value of a name in a mapping.
func entry(m *yaml.Node, name string) (key, value *yaml.Node) {
	for i := 0; m != nil && i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == name {
			return m.Content[i], m.Content[i+1]
		}
	}
	return nil, nil
}

// plain is what YAML reads as it stands, whatever is around it.
var plain = regexp.MustCompile(`^[A-Za-z0-9_/~.][A-Za-z0-9_/~.@+=-]*(:[A-Za-z0-9_/~.@+=-]+)*$`)

// scalar writes a text as a YAML value; "" is a mapping that says nothing.
func scalar(text string) string {
	switch {
	case text == "":
		return "{}"
	case plain.MatchString(text) && !slices.Contains([]string{"~", "null", "Null", "NULL"}, text):
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// flow writes an entry for a mapping in braces.
func flow(key Key, value string) string {
	text := scalar(value)
	for i, name := range slices.Backward(key) {
		if text = scalar(name) + ": " + text; i > 0 {
			text = "{" + text + "}"
		}
	}
	return text
}
