package results

import "fmt"

// A Field is a part of an answer that shows no credentials.
type Field struct {
	Name  string
	Value any // "" is left out
}

// Answer writes what came of a command: fields where a program or --columns asks
// for them, and else a sentence.
func (w *Writer) Answer(fields []Field, sentence func() error) error {
	if w.Format.ForPeople() && len(w.Columns) == 0 {
		return sentence()
	}
	heads, row, value := make([]string, len(fields)), make([]string, len(fields)), map[string]any{}
	for i, f := range fields {
		heads[i], row[i] = f.Name, fmt.Sprint(f.Value)
		if f.Value != "" {
			value[f.Name] = f.Value
		}
	}
	return w.Printer().Results(heads, [][]string{row}, value)
}
