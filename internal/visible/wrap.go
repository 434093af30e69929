package visible

import (
	"slices"
	"strings"
	"unicode"
)

// Wrap returns a line of a message in lines of at most width columns. A command that
// can be copied stays in one line, also where it is wider.
func Wrap(line string, width int) string {
	if len([]rune(line)) <= width {
		return line
	}
	head := line[:item(line)]
	filled := fill(unbroken(strings.Split(line[len(head):], " ")), max(width-len(head), 1))
	return head + strings.ReplaceAll(filled, "\n", "\n"+strings.Repeat(" ", len(head)))
}

// item returns how long what a line of a list begins with is: its text continues below
// the first word.
func item(line string) int {
	rest := strings.TrimLeft(line, " ")
	mark, _, more := strings.Cut(rest, " ")
	spaces := len(line) - len(rest)
	switch number, dot := strings.CutSuffix(mark, "."); {
	case !more:
	case dot && number != "" && strings.Trim(number, "0123456789") == "", strings.HasPrefix(mark, "[") && strings.HasSuffix(mark, "]"):
		text := strings.TrimLeft(rest[len(mark):], " ")
		return len(line) - len(text)
	}
	return spaces
}

// programs are those whose commands messages name.
const programs = " credctl mkdir cp chmod kubectl aws age-keygen eval gitleaks trufflehog "

// unbroken joins the words of each command: what stands between backquotes, and what
// follows "run:", or a colon and the name of a program, to the end of the clause.
func unbroken(words []string) []string {
	var units []string
	for i := 0; i < len(words); {
		n := 1
		switch {
		case strings.Count(words[i], "`")%2 == 1:
			n += 1 + slices.IndexFunc(words[i+1:], func(w string) bool { return strings.Count(w, "`")%2 == 1 })
		case i > 0 && begins(words[i-1], words[i]):
			for n = 1; i+n < len(words) && !ends(words[i:i+n], words[i+n]); n++ {
			}
		}
		units = append(units, strings.Join(words[i:i+n], " "))
		i += n
	}
	return units
}

// begins reports whether a command begins with word.
func begins(before, word string) bool {
	return before == "run:" || strings.Contains(programs, " "+word+" ") && (strings.HasSuffix(before, ":") || before == "or")
}

// ends reports whether a command ends with the last of its words, before next. A quoted
// argument may have any character in it.
func ends(command []string, next string) bool {
	text := strings.Join(command, " ")
	if strings.Count(text, "'")%2 == 1 || strings.Count(text, `"`)%2 == 1 {
		return false
	}
	return strings.HasSuffix(text, ";") || strings.HasSuffix(text, ",") || strings.HasSuffix(text, ".") && next != "" && unicode.IsUpper(rune(next[0]))
}
