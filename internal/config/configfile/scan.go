package configfile

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// offset returns where a node begins in the text.
func (l *layout) offset(n *yaml.Node) int {
	at := l.lineAfter(n.Line - 1)
	for range n.Column - 1 { // columns count characters
		at += len([]byte(string([]rune(string(l.text[at:min(len(l.text), at+4)]))[:1])))
	}
	return at
}

// lineAfter returns where the line after this many lines begins.
func (l *layout) lineAfter(lines int) int {
	at := 0
	for range lines {
		i := bytes.IndexByte(l.text[at:], '\n')
		if i < 0 {
			return len(l.text)
		}
		at += i + 1
	}
	return at
}

// lines returns where the lines of an entry of a block mapping begin and end: that
// of its key and those that are indented below it, up to the last that says something.
func (l *layout) lines(key *yaml.Node) (start, end int) {
	start = l.lineAfter(key.Line - 1)
	end = l.lineAfter(key.Line)
	for next := end; next < len(l.text); {
		from := next
		next = len(l.text)
		if i := bytes.IndexByte(l.text[from:], '\n'); i >= 0 {
			next = from + i + 1
		}
		line := strings.TrimRight(string(l.text[from:next]), " \t\r\n")
		bare := strings.TrimLeft(line, " ")
		indent := len(line) - len(bare)
		switch {
		case line == "":
		case indent >= key.Column, indent == key.Column-1 && (bare == "-" || strings.HasPrefix(bare, "- ")):
			end = next
		default:
			return start, end
		}
	}
	return start, end
}

// scalarEnd returns where the value in one line ends that begins at an offset. A
// plain one ends before a comment or, if it is a key, before its colon.
func (l *layout) scalarEnd(at int, value bool) int {
	rest := l.text[at:]
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		rest = rest[:i]
	}
	switch rest[0] {
	case '"', '\'', '{', '[':
		return l.flowEnd(at)
	}
	text := string(rest)
	if !value {
		text, _, _ = strings.Cut(text, ":")
	}
	text, _, _ = strings.Cut(text, " #")
	return at + len(strings.TrimRight(text, " \t\r"))
}

// flowEnd returns where a value ends that begins at an offset: before the comma or
// the bracket that ends it or, if it begins with a quote or a bracket, behind that.
func (l *layout) flowEnd(at int) int {
	depth := 0
	for i := at; i < len(l.text); i++ {
		switch l.text[i] {
		case '"', '\'':
			if i > at && depth == 0 { // within a plain value
				continue
			}
			if i = l.quoteEnd(i); depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth < 0 {
				return at + len(bytes.TrimRight(l.text[at:i], " \t\r\n"))
			}
			if depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(l.text)
}

// quoteEnd returns where the quote is that closes the one at an offset.
func (l *layout) quoteEnd(at int) int {
	quote := l.text[at]
	for i := at + 1; i < len(l.text); i++ {
		switch c := l.text[i]; {
		case c == '\\' && quote == '"':
			i++
		case c == quote && quote == '\'' && i+1 < len(l.text) && l.text[i+1] == quote: // an escaped one
			i++
		case c == quote:
			return i
		}
	}
	return len(l.text) - 1
}
