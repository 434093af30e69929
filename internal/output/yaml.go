package output

import (
	"bufio"
	"bytes"

	"github.com/credctl/credctl/internal/output/yamltext"
)

// yamlValues writes the items of one YAML sequence, or one mapping. It keeps the
// text until the end: half a sequence would look complete.
type yamlValues struct {
	p    Printer
	w    *bufio.Writer
	list bool
	text bytes.Buffer
}

func newYAML(p Printer, w *bufio.Writer, list bool) valueWriter {
	return &yamlValues{p: p, w: w, list: list}
}

func (y *yamlValues) value(b []byte) error { return yamltext.Append(&y.text, b, y.list) }

func (y *yamlValues) end() error {
	if y.text.Len() == 0 {
		y.text.WriteString("[]\n")
	}
	return y.p.writeText(y.w, y.text.String())
}
