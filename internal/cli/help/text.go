package help

import "strings"

// Paragraphs divides a text at its empty lines. One that is set as it is, such as a
// table or a command, has lines that begin with a space, or columns.
func Paragraphs(text string) (all []Paragraph) {
	for block := range strings.SplitSeq(strings.Trim(text, "\n"), "\n\n") {
		lines := strings.Split(strings.Trim(block, "\n"), "\n")
		asItIs := false
		for _, line := range lines {
			asItIs = asItIs || strings.HasPrefix(line, " ") || strings.Contains(line, "   ")
		}
		all = append(all, Paragraph{lines, asItIs})
	}
	return all
}

// A Paragraph is a part of a text.
type Paragraph struct {
	Lines  []string
	AsItIs bool // it is not filled
}

// Wrap fills the paragraphs of a text to a width.
func Wrap(text string, width int) string {
	var blocks []string
	for _, p := range Paragraphs(text) {
		if p.AsItIs {
			blocks = append(blocks, strings.Join(p.Lines, "\n"))
			continue
		}
		blocks = append(blocks, fill(strings.Fields(strings.Join(p.Lines, " ")), width))
	}
	return strings.Join(blocks, "\n\n")
}

func fill(words []string, width int) string {
	var b strings.Builder
	column := 0
	for i, w := range words {
		switch n := len([]rune(w)); {
		case i == 0:
			column = n
		case column+1+n > width:
			b.WriteByte('\n')
			column = n
		default:
			b.WriteByte(' ')
			column += 1 + n
		}
		b.WriteString(w)
	}
	return b.String()
}

func indent(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = "  " + line
		}
	}
	return strings.Join(lines, "\n")
}
