package help

import (
	"strings"

	"github.com/spf13/pflag"
)

// widestHead is how wide a flag may be apart from its text; that of a wider one begins
// on the next line.
const widestHead = 30

// usages returns a line or more for each flag.
func usages(flags *pflag.FlagSet, width int) string {
	var heads, texts []string
	column := 0
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		head := "      --" + f.Name
		if f.Shorthand != "" {
			head = "  -" + f.Shorthand + ", --" + f.Name
		}
		if name, _ := pflag.UnquoteUsage(f); name != "" && f.Value.Type() != "bool" {
			head += " " + name
		}
		heads, texts = append(heads, head), append(texts, flagText(f))
		if len(head) <= widestHead {
			column = max(column, len(head))
		}
	})
	var b strings.Builder
	margin := strings.Repeat(" ", column+3)
	for i, head := range heads {
		text := strings.ReplaceAll(fill(strings.Fields(texts[i]), width-len(margin)), "\n", "\n"+margin)
		if len(head) > column {
			b.WriteString(head + "\n" + margin + text + "\n")
			continue
		}
		b.WriteString(head + margin[len(head):] + text + "\n")
	}
	return b.String()
}
