package visible

import (
	"regexp"
	"slices"
	"strings"
)

// item matches what a line of a list begins with: its text continues below the first word.
var item = regexp.MustCompile(`^ *(?:\d+\. |\[\w+\] +)?`)

// Wrap returns a line of a message in lines of at most width columns. A command that
// can be copied stays in one line, also where it is wider.
func Wrap(line string, width int) string {
	if len([]rune(line)) <= width {
		return line
	}
	head := item.FindString(line)
	filled := fill(unbroken(strings.Split(line[len(head):], " ")), max(width-len(head), 1))
	return head + strings.ReplaceAll(filled, "\n", "\n"+strings.Repeat(" ", len(head)))
}

// unbroken joins the words of each command: what stands between backquotes, and what
// follows "run:", or a colon and credctl, to the end of the clause.
func unbroken(words []string) []string {
	var units []string
	for i := 0; i < len(words); {
		n := 1
		switch {
		case strings.Count(words[i], "`")%2 == 1:
			n += 1 + slices.IndexFunc(words[i+1:], func(w string) bool { return strings.Count(w, "`")%2 == 1 })
		case i > 0 && (words[i-1] == "run:" || words[i] == "credctl" && strings.HasSuffix(words[i-1], ":")):
			n = len(words) - i
			if end := slices.IndexFunc(words[i:], func(w string) bool { return strings.HasSuffix(w, ";") || strings.HasSuffix(w, ",") }); end >= 0 {
				n = end + 1
			}
		}
		units = append(units, strings.Join(words[i:i+n], " "))
		i += n
	}
	return units
}
