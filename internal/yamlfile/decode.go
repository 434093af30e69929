package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/provider"
)

// Decode returns the root of the first document in text, and the beginning of a second;
// each is nil if there is none. The error is of class [provider.ErrUsage]. It has the
// place of the mistake in the file, and quotes nothing of it, which may be a secret.
func Decode(file string, text []byte) (root, second *yaml.Node, err error) {
	var doc, more yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err = d.Decode(&doc); err == nil {
		err = d.Decode(&more)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, syntaxError(file, text, d)
	}
	if len(doc.Content) > 0 {
		root = doc.Content[0]
	}
	if more.Kind != 0 {
		second = &more
	}
	return root, second, nil
}

// A mark is a place as the YAML library counts it: from 0, the column in characters.
type mark struct{ line, column int }

// syntaxError returns what is wrong and where. The library's error has at most a line,
// which is often that before; it keeps the exact places to itself.
func syntaxError(file string, text []byte, d *yaml.Decoder) error {
	events := reflect.ValueOf(d).Elem().FieldByName("parser").Elem()
	p := events.FieldByName("parser")
	markOf := func(v reflect.Value, name string) mark {
		m := v.FieldByName(name)
		return mark{int(m.FieldByName("line").Int()), int(m.FieldByName("column").Int())}
	}
	problem, context := p.FieldByName("problem").String(), p.FieldByName("context").String()
	at, begin := markOf(p, "problem_mark"), markOf(p, "context_mark")
	switch offset := int(p.FieldByName("problem_offset").Int()); {
	case problem == "":
		problem, at = "undefined alias; quote a value that begins with *", markOf(events.FieldByName("event"), "start_mark")
	case offset > 0: // of a byte that is not text
		at = markAfter(text[:min(offset, len(text))])
	default:
		if context != "" {
			problem += " " + context
		}
		if context != "" && begin.line != at.line {
			problem += fmt.Sprintf(" that begins in line %d", begin.line+1)
		}
		if end := markAfter(bytes.TrimRight(text, " \t\r\n")); at.line > end.line {
			at = end
		}
	}
	return provider.Usage("%s:%d:%d: %s", file, at.line+1, at.column+1, problem)
}

// Place returns the line and the column of what follows a text, both from 1.
func Place(text []byte) (line, column int) {
	m := markAfter(text)
	return m.line + 1, m.column + 1
}

// markAfter returns the place after a text. A byte order mark has none.
func markAfter(text []byte) mark {
	breaks := strings.NewReplacer("\ufeff", "", "\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")
	lines := strings.Split(breaks.Replace(string(text)), "\n")
	last := len(lines) - 1
	return mark{last, utf8.RuneCountInString(lines[last])}
}
