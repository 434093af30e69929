package help

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
)

// A Manual writes the pages of the manual.
type Manual struct {
	Vendors config.Vendors
	Version string
	Date    time.Time // of all pages; zero: they have none
}

// lineWidth is how long a line of a page's source may be.
const lineWidth = 72

// Page returns the page of a command, in section 1.
func (m Manual) Page(cmd *cobra.Command) string {
	var b roff
	date := ""
	if !m.Date.IsZero() {
		date = m.Date.UTC().Format(time.DateOnly)
	}
	b.line(`.TH "%s" "1" "%s" "credctl %s"`, strings.ToUpper(pageName(cmd)), date, m.Version)
	b.line(".SH NAME")
	b.filled(pageName(cmd) + " - " + summary(cmd))
	b.line(".SH SYNOPSIS\n.B %s", escape(cmd.CommandPath()))
	if rest := strings.TrimSpace(strings.TrimPrefix(UseLine(cmd), cmd.CommandPath())); rest != "" {
		b.line("%s", escape(rest))
	}
	b.line(".SH DESCRIPTION")
	b.text(Description(cmd))
	if cmd.HasAvailableSubCommands() {
		b.line(".SH COMMANDS")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				b.item(bold(sub.Name()), sub.Short)
			}
		}
	}
	b.line(".SH OPTIONS")
	for _, flags := range []*pflag.FlagSet{Own(cmd), Account(cmd), cmd.Root().PersistentFlags()} {
		flags.VisitAll(func(f *pflag.Flag) { b.item(flagHead(f), flagText(f)) })
	}
	b.line(".SH EXIT STATUS")
	for _, status := range regexp.MustCompile(`(?m)^ +(\d+)  (.*)$`).FindAllStringSubmatch(exit.Help, -1) {
		b.item(bold(status[1]), status[2])
	}
	b.line(".SH ENVIRONMENT")
	for _, v := range m.variables(cmd) {
		b.item(bold(v[0]), v[1])
	}
	b.line(".SH FILES")
	b.item(bold("~/.config/credctl/config.yaml"), "The configuration, see \"credctl config path\".")
	b.item(bold("~/.local/state/credctl"), "The journal of rotations, and recovery files of secrets that could not be written.")
	if example := Example(cmd); example != "" {
		b.line(".SH EXAMPLES")
		b.asItIs(strings.Split(example, "\n"))
	}
	b.line(".SH SEE ALSO\n%s", strings.Join(related(cmd), ",\n"))
	return b.String()
}

// variables are those that a command reads, each with what it gives.
func (m Manual) variables(cmd *cobra.Command) [][2]string {
	all := ownVariables()
	for _, p := range m.Vendors() {
		if !strings.HasPrefix(cmd.CommandPath()+" ", cmd.Root().Name()+" "+p.Name+" ") {
			continue
		}
		all = append(all, [2]string{strings.Join(append([]string{config.BaseVariable(p.Name)}, p.BaseEnv...), ", "), "URL of the API"})
		for _, param := range p.Settings {
			i := param.Info()
			all = append(all, [2]string{strings.Join(setting.Variables(p.Name, i), ", "), variableText(i)})
		}
	}
	return all
}

// variableText says what a variable gives: of a secret the secret, not its file.
func variableText(i provider.ParamInfo) string {
	if i.From == provider.File {
		return strings.ReplaceAll(i.Setting(), "_", " ")
	}
	return strings.ReplaceAll(i.Usage, "`", "")
}

// related are the pages of the parent and of the subcommands.
func related(cmd *cobra.Command) (pages []string) {
	add := func(c *cobra.Command) { pages = append(pages, fmt.Sprintf(".BR %s (1)", escape(pageName(c)))) }
	if cmd.HasParent() {
		add(cmd.Root())
		if cmd.Parent() != cmd.Root() {
			add(cmd.Parent())
		}
	}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			add(sub)
		}
	}
	return pages
}

func pageName(cmd *cobra.Command) string {
	return strings.ReplaceAll(cmd.CommandPath(), " ", "-")
}

// summary begins with a small letter, as the list of all pages has it.
func summary(cmd *cobra.Command) string {
	return strings.ToLower(cmd.Short[:1]) + cmd.Short[1:]
}

func flagHead(f *pflag.Flag) string {
	head := bold("--" + f.Name)
	if f.Shorthand != "" {
		head = bold("-"+f.Shorthand) + ", " + head
	}
	if name := syntax.Placeholder(f); name != "" {
		head += ` \fI` + escape(name) + `\fR`
	}
	return head
}

func flagText(f *pflag.Flag) string {
	_, usage := pflag.UnquoteUsage(f)
	switch f.DefValue {
	case "", "false", "0", "0s", "[]":
		return usage
	}
	return usage + " (default " + f.DefValue + ")"
}
