package help

import (
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/visible"
)

// Paragraphs divides a text at its empty lines. One that is set as it is, such as a
// table or a command, has lines that begin with a space, or columns. What begins with
// four spaces and is not in columns is code.
func Paragraphs(text string) (all []Paragraph) {
	for block := range strings.SplitSeq(strings.Trim(text, "\n"), "\n\n") {
		lines := strings.Split(strings.Trim(block, "\n"), "\n")
		p := Paragraph{Lines: lines, Code: strings.HasPrefix(lines[0], "    ")}
		columns := 0
		for _, line := range lines {
			p.AsItIs = p.AsItIs || strings.HasPrefix(line, " ") || strings.Contains(line, "   ")
			if strings.Contains(strings.TrimLeft(line, " "), "  ") {
				columns++
			}
		}
		p.Code = p.Code && columns < len(lines)
		all = append(all, p)
	}
	return all
}

// longTable is how many lines a table or an example may have above the usage.
const longTable = 6

// divide divides a description before its first long table or example, and what
// introduces that.
func divide(text string) (about, tables string) {
	blocks := strings.Split(strings.Trim(text, "\n"), "\n\n")
	for i, p := range Paragraphs(text) {
		if !p.AsItIs || len(p.Lines) <= longTable {
			continue
		}
		if i > 0 && !strings.HasSuffix(blocks[i-1], ".") {
			i--
		}
		return strings.Join(blocks[:i], "\n\n"), strings.Join(blocks[i:], "\n\n")
	}
	return text, ""
}

// A Paragraph is a part of a text.
type Paragraph struct {
	Lines  []string
	AsItIs bool // it is not filled
	Code   bool // its lines are divided only where a shell reads the same
}

// Wrap fills the paragraphs of a text to a width, and fits its tables in it.
func Wrap(text string, width int) string {
	var blocks []string
	for _, p := range Paragraphs(text) {
		if p.Code {
			lines := slices.Clone(p.Lines)
			for i, line := range lines {
				if strings.HasPrefix(strings.TrimSpace(line), "credctl ") {
					lines[i] = foldCommand(line, width)
				}
			}
			blocks = append(blocks, strings.Join(lines, "\n"))
			continue
		}
		if p.AsItIs {
			blocks = append(blocks, strings.TrimSuffix(Fit(strings.Join(p.Lines, "\n"), width), "\n"))
			continue
		}
		blocks = append(blocks, visible.Fill(strings.Join(p.Lines, " "), width))
	}
	return strings.Join(blocks, "\n\n")
}

// leastFill is the width in which a column can still be read.
const leastFill = 30

// Fit returns the lines of a table for people in at most width columns: the last column
// of a line is filled, below where it begins, or below the others where little is left.
// A width of 0 is no limit.
func Fit(table string, width int) string {
	if width == 0 {
		return table
	}
	var b strings.Builder
	for line := range strings.Lines(table) {
		line = strings.TrimRight(line, "\n")
		if len([]rune(line)) <= width {
			b.WriteString(line + "\n")
			continue
		}
		head, text := lastColumn(line)
		margin, between := len([]rune(head)), ""
		if margin > width/2 && width-margin < leastFill || margin+longestWord(text) > width {
			if head = strings.TrimRight(head, " "); len([]rune(head)) > width {
				head = "  " + strings.TrimSpace(head)
			}
			margin = max(4, min(width/4, len(head)-len(strings.TrimLeft(head, " "))+2))
			margin = min(margin, max(2, width-longestWord(text)))
			between = "\n" + strings.Repeat(" ", margin)
		}
		b.WriteString(head + between + fillBelow(text, margin, width) + "\n")
	}
	return b.String()
}

// lastColumn divides a line before what follows its last stretch of two spaces or more.
func lastColumn(line string) (head, text string) {
	at := strings.LastIndex(line, "  ") + 2
	if at < 2 {
		at = 0
	}
	return line[:at], line[at:]
}

func longestWord(text string) (n int) {
	for w := range strings.FieldsSeq(text) {
		n = max(n, len([]rune(w)))
	}
	return n
}

// fillBelow fills text that begins at a margin.
func fillBelow(text string, margin, width int) string {
	return strings.ReplaceAll(visible.Fill(text, width-margin), "\n", "\n"+strings.Repeat(" ", margin))
}

// fold divides the lines of an example that are wider than a width: comments as text is, and
// commands so that a shell reads the same.
func fold(example string, width int) string {
	lines := strings.Split(example, "\n")
	for i, line := range lines {
		comment, is := strings.CutPrefix(line, "# ")
		switch {
		case len([]rune(line)) <= width:
		case is:
			lines[i] = "# " + strings.ReplaceAll(visible.Fill(comment, width-len("# ")), "\n", "\n# ")
		default:
			lines[i] = foldCommand(line, width)
		}
	}
	return strings.Join(lines, "\n")
}

// foldCommand divides a line of a command that is too wide between words, where nothing is quoted. A word that
// is wider has a line of its own.
func foldCommand(line string, width int) string {
	const more = ` \`
	words := withValues(shellWords(line), width-2*len(more))
	below := strings.Repeat(" ", len(line)-len(strings.TrimLeft(line, " "))+2)
	now, folded := words[0], ""
	for i, word := range words[1:] {
		end := len(more)
		if i == len(words)-2 {
			end = 0
		}
		if len([]rune(now))+1+len([]rune(word))+end <= width {
			now += " " + word
			continue
		}
		margin := below
		if len([]rune(margin+word))+end > width {
			margin = ""
		}
		folded, now = folded+now+more+"\n", margin+word
	}
	return folded + now
}

// withValues returns words with each flag and its value in one, where both fit in a width.
func withValues(words []string, width int) (all []string) {
	for i, word := range words {
		last := len(all) - 1
		value := i > 0 && strings.HasPrefix(strings.TrimLeft(words[i-1], " "), "--") && !strings.HasPrefix(word, "-") && !strings.ContainsAny(word[:min(1, len(word))], "|&>")
		if value && len([]rune(all[last]))+1+len([]rune(word)) <= width {
			all[last] += " " + word
		} else {
			all = append(all, word)
		}
	}
	return all
}

// shellWords divides a command at its spaces, those in quotes apart. The first word keeps
// what is before it.
func shellWords(line string) (words []string) {
	trimmed := strings.TrimLeft(line, " ")
	begin, quoted := 0, rune(0)
	for i, r := range trimmed {
		switch {
		case quoted != 0 && r == quoted:
			quoted = 0
		case quoted == 0 && (r == '\'' || r == '"'):
			quoted = r
		case quoted == 0 && r == ' ':
			words, begin = append(words, trimmed[begin:i]), i+1
		}
	}
	words = append(words, trimmed[begin:])
	words[0] = line[:len(line)-len(trimmed)] + words[0]
	return words
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
