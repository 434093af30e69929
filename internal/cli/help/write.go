package help

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// Write writes a page for cmd and for every command below it that is shown.
func Write(cmd *cobra.Command, dir, suffix string, page func(*cobra.Command) string) error {
	cmd.InitDefaultHelpFlag()
	if err := os.WriteFile(filepath.Join(dir, pageName(cmd)+suffix), []byte(page(cmd)), 0o644); err != nil { //nolint:gosec // G306: pages are for everybody
		return err
	}
	for _, sub := range cmd.Commands() {
		if !sub.IsAvailableCommand() {
			continue
		}
		if err := Write(sub, dir, suffix, page); err != nil {
			return err
		}
	}
	return nil
}

// wide is the width of what a browser scrolls.
const wide = 120

// Markdown returns the page of a command as Markdown.
func Markdown(cmd *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n```\n%s\n```\n", cmd.CommandPath(), markdownText(Description(cmd)), UseLine(cmd))
	if len(cmd.Aliases) > 0 {
		fmt.Fprintf(&b, "\nAliases: %s\n", strings.Join(cmd.Aliases, ", "))
	}
	if example := Example(cmd); example != "" {
		fmt.Fprintf(&b, "\n## Examples\n\n```sh\n%s\n```\n", example)
	}
	sets := []struct{ title, usages string }{{"Flags", usages(Own(cmd), wide)}, {"Account flags", usages(Account(cmd), wide)}}
	if !cmd.HasParent() {
		sets = append(sets, struct{ title, usages string }{"Global flags", usages(cmd.PersistentFlags(), wide)})
	}
	for _, set := range sets {
		if set.usages != "" {
			fmt.Fprintf(&b, "\n## %s\n\n```\n%s```\n", set.title, set.usages)
		}
	}
	if cmd.HasParent() {
		fmt.Fprintf(&b, "\nThe [global flags](%s.md#global-flags) are valid, too.\n", cmd.Root().Name())
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\n## Commands\n\n")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&b, "- [%s](%s.md): %s\n", sub.CommandPath(), pageName(sub), sub.Short)
			}
		}
	}
	return b.String()
}

// markdownText sets what stays as it is as code.
func markdownText(text string) string {
	var blocks []string
	for _, p := range Paragraphs(text) {
		if block := strings.Join(p.Lines, "\n"); !p.AsItIs || strings.HasPrefix(block, "    ") {
			blocks = append(blocks, block)
		} else {
			blocks = append(blocks, "```\n"+block+"\n```")
		}
	}
	return strings.Join(blocks, "\n\n")
}
