package cli

import (
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// offered matches the first words of a command that a hint offers to run: what follows a
// colon or a backtick. Elsewhere, credctl is a word of a sentence.
var offered = regexp.MustCompile("(?:: |`)credctl(?: [a-z][a-z-]*)+")

// sameAccount repeats in the commands that a hint offers the flags of cmd that say which
// account it was for. Without them, those commands would work on another one.
func sameAccount(run *invocation.Invocation, cmd *cobra.Command, hint string) string {
	flags := accountFlags(run, cmd)
	if len(flags) == 0 {
		return hint
	}
	var b strings.Builder
	for {
		at := offered.FindStringIndex(hint)
		if at == nil {
			return b.String() + hint
		}
		to, end := offeredCommand(run, hint[at[0]:at[1]])
		end += at[0]
		b.WriteString(hint[:end])
		hint = hint[end:]
		for _, f := range flags {
			if to != nil && f.fits(to) && !strings.HasPrefix(hint, " --help") && !strings.Contains(hint+" ", " --"+f.name+" ") {
				b.WriteString(" --" + f.name + " " + quote.Word(f.value))
			}
		}
	}
}

// offeredCommand returns the command that a text of [offered] names, and where its name ends.
func offeredCommand(run *invocation.Invocation, text string) (*cobra.Command, int) {
	words := strings.Fields(text)[1:]
	if text[0] == '`' {
		words = strings.Fields(text[1:])[1:]
	} else {
		words = words[1:]
	}
	tree := Root(New(run.Config.Vendors, func() []deliver.Scheme { return nil }, nil, strings.NewReader(""), io.Discard, io.Discard), words)
	to, rest, err := tree.Find(words)
	if err != nil || to == tree {
		return nil, len(text)
	}
	if len(rest) == 0 {
		return to, len(text)
	}
	return to, strings.LastIndex(text, " "+strings.Join(rest, " "))
}

// An accountFlag is a flag of a command line that says which account is meant.
type accountFlag struct{ name, value, vendor string }

// fits reports whether a command takes the flag, and works on the account.
func (f accountFlag) fits(to *cobra.Command) bool {
	path := strings.Fields(to.CommandPath())
	if path[1] == "sandbox" || path[1] == "profile" && f.name == "profile" || f.vendor != "" && !slices.Contains(path, f.vendor) {
		return false
	}
	return to.Flags().Lookup(f.name) != nil || to.InheritedFlags().Lookup(f.name) != nil
}

// accountFlags returns the flags that cmd was given which say which account is meant.
func accountFlags(run *invocation.Invocation, cmd *cobra.Command) (all []accountFlag) {
	add := func(name, vendor string) {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
			if value, one := single(f.Value); one {
				all = append(all, accountFlag{name, value, vendor})
			}
		}
	}
	add("profile", "")
	add("config", "")
	for _, p := range run.Config.Vendors() {
		if !slices.Contains(strings.Fields(cmd.CommandPath()), p.Name) {
			continue
		}
		add("base-url", p.Name)
		for _, param := range p.Settings {
			if i := param.Info(); i.From == provider.Plain {
				add(i.Name, p.Name)
			}
		}
	}
	return all
}

// single returns the value of a flag, if it has one and no more.
func single(v pflag.Value) (value string, one bool) {
	list, several := v.(pflag.SliceValue)
	if !several {
		return v.String(), true
	}
	values := list.GetSlice()
	if len(values) != 1 {
		return "", false
	}
	return values[0], true
}
