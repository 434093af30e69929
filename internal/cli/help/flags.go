package help

import (
	"strings"

	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/cli/syntax"
)

// widestHead is how wide a flag may be apart from its text; that of a wider one begins
// on the next line.
const widestHead = 30

// narrow is the width below which each text begins on a line of its own.
const narrow = 60

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
		head = strings.TrimRight(head+" "+syntax.Placeholder(f), " ")
		heads, texts = append(heads, head), append(texts, flagText(f))
		if len(head) <= widestHead && width >= narrow {
			column = max(column, len(head))
		}
	})
	var b strings.Builder
	margin := max(column+3, 10)
	for i, head := range heads {
		text := fillBelow(texts[i], margin, width)
		between := strings.Repeat(" ", max(0, margin-len(head)))
		if len(head) > column {
			between = "\n" + strings.Repeat(" ", margin)
		}
		b.WriteString(head + between + text + "\n")
	}
	return b.String()
}
