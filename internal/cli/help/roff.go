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
		rows := p.AsItIs && table(p.Lines)
		if i > 0 && !rows {
			b.line(".PP")
		}
		switch {
		case rows:
			for _, line := range p.Lines {
				head, text := lastColumn(line)
				b.item(bold(strings.Join(strings.Fields(head), " ")), text)
			}
		case p.AsItIs:
			b.asItIs(p.Lines)
		default:
			b.filled(strings.Join(p.Lines, " "))
		}
	}
}

// table reports whether the last columns of all lines begin at the same place.
func table(lines []string) bool {
	at := 0
	for i, line := range lines {
		head, text := lastColumn(line)
		if i == 0 {
			at = len([]rune(head))
		}
		if strings.TrimSpace(head) == "" || text == "" || len([]rune(head)) != at {
			return false
		}
	}
	return len(lines) > 1
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
