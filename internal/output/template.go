package output

import (
	"bufio"
	"cmp"
	"strings"

	"github.com/credctl/credctl/internal/output/bounds"
	"github.com/credctl/credctl/internal/output/itemquery"
	"github.com/credctl/credctl/internal/output/itemtemplate"
	"github.com/credctl/credctl/internal/provider"
)

// parseTemplate compiles a Go template that is run for each item. When the fields
// of the items are known, a template that asks for another one is refused.
func parseTemplate(f *Format, text string) (err error) {
	if text == "" {
		return provider.Usage("-o template= needs a Go template, for example -o 'template={{.id}}'")
	}
	if f.template, err = itemtemplate.Parse(text, f.fields); err != nil {
		return provider.Usage("invalid template: %w", err)
	}
	if name := f.template.UnknownField(); name != "" {
		return unknown(name, f.fields, "unknown field %q in the template (valid: %s)", "did you mean .%s?")
	}
	return nil
}

// templated runs a template for each value, and ends with a newline what it writes.
type templated struct {
	p Printer
	w *bufio.Writer
}

func newTemplated(p Printer, w *bufio.Writer, _ bool) valueWriter { return templated{p, w} }

func (t templated) value(raw []byte) error {
	v, err := itemquery.Decode(raw)
	if err != nil {
		return err
	}
	ctx, cancel := bounds.Of(t.p.Bound)
	defer cancel()
	var b strings.Builder
	if err := t.p.Format.template.Run(ctx, bounds.Writer(&b), v); err != nil {
		return cmp.Or(bounds.Stopped(ctx, "template"), t.p.misfit("template", err))
	}
	text := b.String()
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return t.p.writeText(t.w, text)
}

func (templated) end() error { return nil }
