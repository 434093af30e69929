package visible

import (
	"slices"
	"strings"
	"unicode"
)

// Wrap returns a line of a message in lines of at most width columns. A command that
// can be copied stays in one line, also where it is wider. Where the message does not fit,
// or continues after a command, that line holds only the command.
func Wrap(line string, width int) string {
	head := line[:item(line)]
	units := unbroken(strings.Split(line[len(head):], " "))
	if len([]rune(line)) <= width && !slices.ContainsFunc(units[:len(units)-1], isCommand) {
		return line
	}
	var parts []string
	for len(units) > 0 {
		n := 1
		if !units[0].command {
			if n = slices.IndexFunc(units, isCommand); n < 0 {
				n = len(units)
			}
		}
		var texts []string
		for _, u := range units[:n] {
			texts = append(texts, u.text)
		}
		if units[0].command && n < len(units) {
			texts[0] = strings.TrimRight(texts[0], ";,.")
		}
		parts, units = append(parts, fill(texts, max(width-len(head), 1))), units[n:]
	}
	return head + strings.ReplaceAll(strings.Join(parts, "\n"), "\n", "\n"+strings.Repeat(" ", len(head)))
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

// A unit of a message is not divided: a word, or a command.
type unit struct {
	text    string
	command bool
}

func isCommand(u unit) bool { return u.command }

// unbroken joins the words of each command: what stands between backquotes, and what
// follows "run:", or a colon and the name of a program, to the end of the clause.
func unbroken(words []string) []unit {
	var units []unit
	for i := 0; i < len(words); {
		n, command := 1, i > 0 && begins(words[i-1], words[i:])
		switch {
		case strings.Count(words[i], "`")%2 == 1:
			n += 1 + slices.IndexFunc(words[i+1:], func(w string) bool { return strings.Count(w, "`")%2 == 1 })
		case command:
			for n = 1; i+n < len(words) && !ends(words[i:i+n], words[i+n]); n++ {
			}
		}
		units = append(units, unit{strings.Join(words[i:i+n], " "), command})
		i += n
	}
	return units
}

// begins reports whether a command begins with the first of these words.
func begins(before string, words []string) bool {
	if before == "run:" { // in "the first run: --to …" flags follow
		return !strings.HasPrefix(words[0], "-")
	}
	named := strings.Contains(programs, " "+words[0]+" ") && (strings.HasSuffix(before, ":") || before == "or")
	return named && (len(words) == 1 || !strings.Contains(verbs, " "+words[1]+" "))
}

// verbs are those of sentences about a program.
const verbs = " cannot could did does had has is then "

// ends reports whether a command ends with the last of its words, before next. A quoted
// argument may have any character in it.
func ends(command []string, next string) bool {
	text := strings.Join(command, " ")
	if strings.Count(text, "'")%2 == 1 || strings.Count(text, `"`)%2 == 1 {
		return false
	}
	return strings.HasSuffix(text, ";") || strings.HasSuffix(text, ",") || strings.HasSuffix(text, ".") && next != "" && unicode.IsUpper(rune(next[0]))
}
