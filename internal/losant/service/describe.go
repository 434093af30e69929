package service

import (
	"fmt"
	"slices"
	"strings"
)

// Table describes the fields of all types, a line each.
func Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-20s%-25s%s\n", "TYPE", "FIELD", "VALUE")
	for _, s := range types {
		label := s.Name
		for _, f := range s.Fields {
			if f.ReadOnly {
				continue
			}
			fmt.Fprintf(&b, "%-20s%-25s%s\n", label, f.Name, f.describe())
			label = ""
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (f Field) describe() string {
	words := []string{f.Domain()}
	if f.Required {
		words = append(words, "required")
	}
	if f.Secret {
		words = append(words, "secret")
	}
	if f.Note != "" {
		words = append(words, f.Note)
	}
	return strings.Join(words, "; ")
}

// choices returns f with each of its values, if they are a closed set.
func (f Field) choices() (words []string) {
	values := f.Values
	if f.Kind == Truth {
		values = []string{"true", "false"}
	}
	for _, v := range values {
		words = append(words, f.Name+"="+v)
	}
	return words
}

// Suggest returns what an argument of the form field=value may be that begins so,
// of the wanted fields; and the values, where there are few.
func Suggest(of []Type, begin string, wanted func(Field) bool) []string {
	var words []string
	for _, s := range of {
		for _, f := range s.Fields {
			if f.ReadOnly || !wanted(f) {
				continue
			}
			words = append(words, f.Name+"=")
			if strings.HasPrefix(begin, f.Name+"=") {
				words = append(words, f.choices()...)
			}
		}
	}
	slices.Sort(words)
	return slices.DeleteFunc(slices.Compact(words), func(w string) bool { return !strings.HasPrefix(w, begin) })
}
