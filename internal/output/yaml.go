package output

import (
	"bufio"
	"bytes"

	"github.com/credctl/credctl/internal/output/yamltext"
)

// yamlValues writes the items of one YAML sequence, or one mapping.
type yamlValues struct {
	p    Printer
	w    *bufio.Writer
	list bool
	some bool
}

func newYAML(p Printer, w *bufio.Writer, list bool) valueWriter {
	return &yamlValues{p: p, w: w, list: list}
}

func (y *yamlValues) value(b []byte) error {
	var text bytes.Buffer
	if err := yamltext.Append(&text, b, y.list); err != nil {
		return err
	}
	y.some = true
	return y.p.writeText(y.w, text.String())
}

func (y *yamlValues) end() error {
	if y.some {
		return nil
	}
	return y.p.writeText(y.w, "[]\n")
}
