package output

import (
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// maskCommands are the workflow commands that make a runner of GitHub Actions hide
// the secret in its log. A command holds one line, so each line is masked.
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions#masking-a-value-in-a-log
func maskCommands(_ Printer, _ provider.Credential, secret string) (string, error) {
	var b strings.Builder
	for line := range strings.FieldsFuncSeq(secret, func(r rune) bool { return r == '\n' || r == '\r' }) {
		b.WriteString("::add-mask::" + strings.ReplaceAll(line, "%", "%25") + "\n")
	}
	return b.String(), nil
}

// workflowLines are the lines of the file of variables, or of outputs, of a step.
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions#environment-files
func workflowLines(p Printer, c provider.Credential, secret string) (string, error) {
	var b strings.Builder
	for _, v := range p.variables(c, secret) {
		switch {
		case v.value == "":
		case strings.ContainsAny(v.value, "\r\n"):
			end := "CREDCTL_END"
			for strings.Contains(v.value, end) {
				end += "_"
			}
			fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", v.name, end, v.value, end)
		default:
			fmt.Fprintf(&b, "%s=%s\n", v.name, v.value)
		}
	}
	return b.String(), nil
}
