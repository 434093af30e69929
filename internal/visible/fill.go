package visible

import "strings"

// Fill returns the words of text in lines of at most width columns, unless one word is
// wider.
func Fill(text string, width int) string { return fill(strings.Fields(text), width) }

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
