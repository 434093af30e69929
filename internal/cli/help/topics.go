package help

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/audit"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/visible"
)

// Topics returns the names of the topics.
func Topics() []string {
	return []string{"audit-rules", "concepts", "environment", "exit-codes", "options", "output", "policy"}
}

// Topic writes the help of a topic, on a terminal of so many columns, and reports
// whether there is one of that name.
func Topic(w io.Writer, root *cobra.Command, vendors config.Vendors, name string, columns int) (found bool, err error) {
	text, width := "", widthOf(columns)
	switch name {
	case "audit-rules":
		text = rules(width)
	case "concepts":
		text = Wrap(concepts, width)
	case "environment":
		text = environment(vendors(), width)
	case "exit-codes":
		text = Fit(exit.Help, columns)
	case "options":
		text = "These flags are valid for every command:\n\n" + usages(root.PersistentFlags(), width)
	case "output":
		text = formats(width)
	case "policy":
		text = Wrap(strings.Join([]string{policy, PolicyExample, policyRuns}, "\n\n"), width)
	default:
		return false, nil
	}
	_, err = io.WriteString(w, strings.TrimRight(text, "\n")+"\n")
	return true, err
}

// rules is the topic audit-rules.
func rules(width int) string {
	var b strings.Builder
	b.WriteString(visible.Fill("Rules of `credctl audit`. Their IDs are frozen.", width) + "\n")
	for _, r := range audit.Rules() {
		fmt.Fprintf(&b, "\n%s %s (%s)\n", r.ID, r.Name, r.Severity())
		fmt.Fprintf(&b, "    %s\n", fillBelow(r.Title+". "+r.Help, 4, width))
	}
	return b.String()
}

// formats is the topic output.
func formats(width int) string {
	var b strings.Builder
	b.WriteString(Wrap(results, width) + "\n\nFormats of -o:\n\n")
	for _, line := range output.Completions(true) {
		name, summary, _ := strings.Cut(line, "\t")
		b.WriteString(Fit(fmt.Sprintf("  %-14s  %s\n", name, summary), width))
	}
	b.WriteString("\n" + Wrap(secrets, width))
	return b.String()
}

// environment is the topic environment: the variables that credctl reads.
func environment(vendors []provider.Provider, width int) string {
	var b strings.Builder
	b.WriteString(Wrap(precedence, width) + "\n\n")
	for _, v := range ownVariables() {
		b.WriteString(Fit(fmt.Sprintf("  %-30s  %s\n", v[0], v[1]), width))
	}
	for _, p := range vendors {
		fmt.Fprintf(&b, "\n%s:\n", p.Title)
		variables := [][]string{append([]string{config.BaseVariable(p.Name)}, p.BaseEnv...)}
		for _, param := range p.Settings {
			variables = append(variables, setting.Variables(p.Name, param.Info()))
		}
		for _, names := range variables {
			fmt.Fprintf(&b, "  %s\n", fillBelow(strings.Join(names, ", "), 2, width))
		}
	}
	return b.String()
}

// OwnVariables returns the names of the variables that are not of a vendor and begin so,
// without that.
func OwnVariables(prefix string) (names []string) {
	for _, v := range ownVariables() {
		if rest, found := strings.CutPrefix(v[0], prefix); found {
			names = append(names, rest)
		}
	}
	return names
}

// ownVariables are those that are not of a vendor, each with what it does.
func ownVariables() [][2]string {
	return [][2]string{
		{"CREDCTL_PROFILE", "name of the profile; --profile overrides it"},
		{"CREDCTL_CONFIG", "path of the configuration file; --config overrides it"},
		{"CREDCTL_KEYRING", "off: store tokens in files, not in the system keyring"},
		{"CREDCTL_STATE", "where rotation state is stored: dir:PATH or postgres://…"},
		{"CREDCTL_HOST", "name of this host in the journal, for containers whose names change"},
		{"CREDCTL_STATE_LEASE", "how long a lock in a state database lasts (10s to 10m, default 2m)"},
		{"CREDCTL_STATE_IDENTITY_FILE", "file with the key of the journal, in place of the state folder"},
		{"CREDCTL_STATE_IDENTITY_COMMAND", "command that prints the key of the journal"},
		{"XDG_CONFIG_HOME", "folder of the configuration (default ~/.config)"},
		{"XDG_STATE_HOME", "folder of the rotation journal (default ~/.local/state)"},
		{"HTTPS_PROXY", "proxy for requests to vendors"},
		{"SSL_CERT_FILE", "certificates to trust"},
		{"NO_COLOR", "no colours"},
		{"CI", "true: never ask questions"},
	}
}
