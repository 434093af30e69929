package output

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kindOf names the sort of a value, for errors.
func kindOf(v any) string {
	switch v.(type) {
	case bool:
		return "boolean"
	case string:
		return "string"
	case json.Number, int, float64, complex128:
		return "number"
	case []any:
		return "list"
	case map[string]any:
		return "object"
	}
	return "null"
}

// truth reports whether v counts as true: it does unless it is empty or zero.
func truth(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case int:
		return v != 0
	case float64:
		return v != 0
	case complex128:
		return v != 0
	}
	n, err := length([]any{v})
	return err == nil && n != 0
}

// str returns the text of v. A number from JSON is text for text/template too.
func str(v any) (string, bool) {
	if n, ok := v.(json.Number); ok {
		return n.String(), true
	}
	s, ok := v.(string)
	return s, ok
}

// method calls one of the methods that a number from JSON has, if that is its name.
func method(n json.Number, name string) (v any, err error, ok bool) {
	switch name {
	case "String":
		return n.String(), nil, true
	case "Int64":
		i, err := strconv.Atoi(n.String())
		return i, err, true
	case "Float64":
		f, err := n.Float64()
		return f, err, true
	}
	return nil, nil, false
}

func length(a []any) (any, error) {
	switch v := a[0].(type) {
	case string:
		return len(v), nil
	case json.Number:
		return len(v), nil
	case []any:
		return len(v), nil
	case map[string]any:
		return len(v), nil
	}
	return nil, fmt.Errorf("a %s has no length", kindOf(a[0]))
}

func index(a []any) (any, error) {
	v := a[0]
	if v == nil {
		return nil, errors.New("there is nothing to index")
	}
	for _, at := range a[1:] {
		switch object := v.(type) {
		case map[string]any:
			key, ok := at.(string)
			if !ok {
				return nil, fmt.Errorf("a %s is no key of an object", kindOf(at))
			}
			v = object[key]
			continue
		case []any:
			i, err := position(at, len(object)-1)
			if err != nil {
				return nil, err
			}
			v = object[i]
			continue
		}
		s, ok := str(v)
		if !ok {
			return nil, fmt.Errorf("a %s has no index", kindOf(v))
		}
		i, err := position(at, len(s)-1)
		if err != nil {
			return nil, err
		}
		v = int(s[i])
	}
	return v, nil
}

func slice(a []any) (any, error) {
	list, isList := a[0].([]any)
	s, isString := str(a[0])
	if !isList && (!isString || len(a) > 3) {
		return nil, fmt.Errorf("a %s cannot be sliced so", kindOf(a[0]))
	}
	high := cap(list)
	at := []int{0, len(list), high}
	if isString {
		high = len(s)
		at = []int{0, high, high}
	}
	for i, v := range a[1:] {
		n, err := position(v, high)
		if err != nil {
			return nil, err
		}
		at[i] = n
	}
	if at[0] > at[1] || at[1] > at[2] {
		return nil, errors.New("the indexes are not in order")
	}
	switch v := a[0].(type) {
	case string:
		return v[at[0]:at[1]], nil
	case json.Number:
		return v[at[0]:at[1]], nil
	}
	return list[at[0]:at[1]:at[2]], nil
}

// position is an index that is at most high.
func position(v any, high int) (int, error) {
	i, ok := v.(int)
	if !ok {
		return 0, fmt.Errorf("a %s is no index", kindOf(v))
	}
	if i < 0 || i > high {
		return 0, errors.New("the index is out of range")
	}
	return i, nil
}

// equal reports whether the first argument is one of the others.
func equal(a []any) (any, error) {
	if len(a) == 1 {
		return nil, errors.New("there is nothing to compare with")
	}
	for _, b := range a[1:] {
		if yes, err := same(a[0], b); yes || err != nil {
			return yes, err
		}
	}
	return false, nil
}

func same(a, b any) (bool, error) {
	if a == nil || b == nil {
		return a == nil && b == nil, nil
	}
	switch x := a.(type) {
	case bool:
		if y, ok := b.(bool); ok {
			return x == y, nil
		}
	case complex128:
		if y, ok := b.(complex128); ok {
			return x == y, nil
		}
	}
	order, err := compare(a, b)
	return err == nil && order == 0, err
}

// compare orders two values of one type: texts, whole numbers or others.
func compare(a, b any) (int, error) {
	switch x := a.(type) {
	case int:
		if y, ok := b.(int); ok {
			return cmp.Compare(x, y), nil
		}
	case float64:
		if y, ok := b.(float64); ok {
			return cmp.Compare(x, y), nil
		}
	}
	x, isText := str(a)
	y, both := str(b)
	if !isText || !both {
		return 0, fmt.Errorf("a %s cannot be compared with this %s", kindOf(a), kindOf(b))
	}
	return strings.Compare(x, y), nil
}

// printed is what is escaped: a string as it is, or else what print makes of all.
func printed(a []any) string {
	for i := range a {
		if a[i] == nil {
			a[i] = noValue{}.String()
		}
	}
	return fmt.Sprint(a...)
}

func escapeHTML(s string) string {
	return strings.NewReplacer("\x00", "\uFFFD", `"`, "&#34;", "'", "&#39;", "&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func escapeJS(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case strings.ContainsRune("\\'\"", r):
			b.WriteString(`\` + s[:n])
		case strings.ContainsRune("<>&=", r) || r < ' ' || r >= utf8.RuneSelf && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}
