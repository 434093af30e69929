package cli

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// commandWords matches the words of a command in a hint, up to its first argument that
// is no word.
var commandWords = regexp.MustCompile(`\bcredctl(?: [a-z][a-z-]*)+`)

// sameAccount repeats in the commands of a hint the flags of cmd that say which account
// it was for. Without them, those commands would work on another one.
func sameAccount(run *invocation.Invocation, cmd *cobra.Command, hint string) string {
	flags := accountFlags(run, cmd)
	if len(flags) == 0 {
		return hint
	}
	vendors := run.Config.Vendors.Names()
	rest := hint
	var b strings.Builder
	for {
		at := commandWords.FindStringIndex(rest)
		if at == nil {
			return b.String() + rest
		}
		words := strings.Fields(rest[at[0]:at[1]])
		if after := rest[at[1]:]; after != "" && !strings.ContainsAny(after[:1], " ;,`\"')") { // katapult.org is a setting
			words = words[:len(words)-1]
		}
		if len(words) < 2 {
			b.WriteString(rest[:at[1]])
			rest = rest[at[1]:]
			continue
		}
		n, vendor := pathLength(words, vendors)
		path := strings.Join(words[:n], " ")
		b.WriteString(rest[:at[0]] + path)
		rest = rest[at[0]+len(path):]
		if strings.HasPrefix(rest, " --help") {
			continue
		}
		for _, f := range flags {
			if f.fits(words[1], vendor) && !strings.Contains(rest+" ", " --"+f.name+" ") {
				b.WriteString(" --" + f.name + " " + quote.Word(f.value))
			}
		}
	}
}

// An accountFlag is a flag of a command line that says which account is meant.
type accountFlag struct{ name, value, vendor string }

// fits reports whether a command with this first word, at this vendor, takes the flag and
// needs it.
func (f accountFlag) fits(first, vendor string) bool {
	switch {
	case f.vendor != "":
		return f.vendor == vendor
	case f.name == "profile":
		return first == "auth" || first == "config" || first == "list" || vendor != ""
	}
	return !slices.Contains([]string{"sandbox", "completion", "version", "help"}, first)
}

// accountFlags returns the flags that cmd was given which say which account is meant.
func accountFlags(run *invocation.Invocation, cmd *cobra.Command) (all []accountFlag) {
	add := func(name, vendor string) {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed && f.Value.String() != "-" {
			all = append(all, accountFlag{name, f.Value.String(), vendor})
		}
	}
	add("profile", "")
	add("config", "")
	for _, p := range run.Config.Vendors() {
		if !belongsTo(cmd, p.Name) {
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

// belongsTo reports whether cmd is a command of a vendor.
func belongsTo(cmd *cobra.Command, vendor string) bool {
	return slices.Contains(strings.Fields(cmd.CommandPath()), vendor)
}

// pathLength returns how many of the words of a command line name the command, and the
// vendor that it is for, if it is for one.
func pathLength(words, vendors []string) (n int, vendor string) {
	if i := slices.IndexFunc(words, func(w string) bool { return slices.Contains(vendors, w) }); i > 0 && i < 4 {
		vendor = words[i]
		if i > 1 { // auth login katapult, deliver katapult
			return i + 1, vendor
		}
	}
	n = 2
	if vendor != "" && len(words) > 2 && syntax.VerbNamed(words[2]) == "" { // a kind
		n = 3
	}
	if slices.Contains([]string{"auth", "config", "rotation", "state", "profile"}, words[1]) || vendor != "" {
		n++
	}
	return min(n, len(words)), vendor
}
