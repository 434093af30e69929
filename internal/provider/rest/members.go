package rest

import (
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Members calls f for each member of an object, until it returns an error, to
// which the name is added; what is no object has none. A name may be repeated.
func (v Value) Members(f func(Member) error) error {
	if !v.Object() {
		return nil
	}
	for at := v.after(1); v[at] != '}'; at = v.after(at) {
		m := Member{}
		end := v.end(at)
		m.quoted, m.Name = string(v[at:end]), v[at:end].unquoted()
		at = v.after(end)
		end = v.end(at)
		m.Value, at = v[at:end], end
		if err := f(m); err != nil {
			return m.blame(err)
		}
	}
	return nil
}

// blame makes err one of decoding m.
func (m Member) blame(err error) error {
	name := jsontext.Pointer("").AppendToken(m.Name)
	if within, ok := errors.AsType[*json.SemanticError](err); ok {
		within.JSONPointer = name + within.JSONPointer
		return within
	}
	return &json.SemanticError{JSONPointer: name, Err: err}
}

// Items calls f for each item of an array; what is no array has none.
func (v Value) Items(f func(Value)) {
	if !v.Array() {
		return
	}
	for at := v.after(1); v[at] != ']'; at = v.after(at) {
		end := v.end(at)
		f(v[at:end])
		at = end
	}
}

// after returns where what stands at a place, or after space and punctuation, begins.
func (v Value) after(at int) int {
	for v[at] <= ' ' || v[at] == ',' || v[at] == ':' {
		at++
	}
	return at
}

// end returns where the value ends that begins at a place.
func (v Value) end(at int) int {
	switch v[at] {
	case '"':
		return v.endOfString(at)
	case '{', '[':
		for depth := 0; ; at++ {
			switch v[at] {
			case '"':
				at = v.endOfString(at) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return at + 1
				}
			}
		}
	}
	for at < len(v) && v[at] > ' ' && v[at] != ',' && v[at] != '}' && v[at] != ']' {
		at++
	}
	return at
}

// endOfString finds the quote that no odd number of backslashes escapes.
func (v Value) endOfString(at int) int {
	for at++; ; at++ {
		at += strings.IndexByte(string(v[at:]), '"')
		escapes := 0
		for v[at-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return at + 1
		}
	}
}
