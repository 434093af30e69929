package help

import (
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/visible"
)

// roff is the source of a page.
type roff struct{ strings.Builder }

func (b *roff) line(format string, args ...any) { fmt.Fprintf(b, format+"\n", args...) }

// text writes the paragraphs of a text.
func (b *roff) text(text string) {
	for i, p := range Paragraphs(text) {
		if i > 0 {
			b.line(".PP")
		}
		if p.AsItIs {
			b.asItIs(p.Lines)
			continue
		}
		b.filled(strings.Join(p.Lines, " "))
	}
}

// filled writes text whose lines are broken where it is shown.
func (b *roff) filled(text string) {
	for line := range strings.SplitSeq(visible.Fill(text, lineWidth), "\n") {
		b.line("%s", escape(line))
	}
}

// asItIs writes lines that stay as they are.
func (b *roff) asItIs(lines []string) {
	b.line(".nf")
	for _, l := range lines {
		if l = strings.TrimRight(l, " "); l == "" {
			b.line(".sp")
			continue
		}
		b.line("%s", escape(l))
	}
	b.line(".fi")
}

// item writes one entry of a list.
func (b *roff) item(head, text string) {
	b.line(".TP\n%s", head)
	b.filled(text)
}

func bold(s string) string { return `\fB` + escape(s) + `\fR` }

// escape keeps a text from being read as requests: neither are a backslash, a
// hyphen and a dot at the beginning of a line.
func escape(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
