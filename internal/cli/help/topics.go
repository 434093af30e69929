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
)

// Topics returns the names of the topics.
func Topics() []string {
	return []string{"audit-rules", "concepts", "environment", "exit-codes", "options", "output", "policy"}
}

// Topic writes the help of a topic, and reports whether there is one of that name.
func Topic(w io.Writer, root *cobra.Command, vendors config.Vendors, name string) (found bool, err error) {
	text := ""
	switch name {
	case "audit-rules":
		text = rules()
	case "concepts":
		text = Wrap(concepts, Width)
	case "environment":
		text = environment(vendors())
	case "exit-codes":
		text = exit.Help
	case "options":
		text = "These flags are valid for every command:\n\n" + usages(root.PersistentFlags(), Width)
	case "output":
		text = formats()
	case "policy":
		text = Wrap(policy, Width)
	default:
		return false, nil
	}
	_, err = io.WriteString(w, strings.TrimRight(text, "\n")+"\n")
	return true, err
}

// rules is the topic audit-rules.
func rules() string {
	var b strings.Builder
	b.WriteString("Rules of `credctl audit`. Their IDs are frozen.\n")
	for _, r := range audit.Rules() {
		fmt.Fprintf(&b, "\n%s %s (%s)\n", r.ID, r.Name, r.Severity())
		for line := range strings.Lines(Wrap(r.Title+". "+r.Help, Width-4)) {
			b.WriteString("    " + line)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// formats is the topic output.
func formats() string {
	var b strings.Builder
	b.WriteString(Wrap(results, Width) + "\n\nFormats of -o:\n\n")
	for _, line := range output.Completions(true) {
		name, summary, _ := strings.Cut(line, "\t")
		fmt.Fprintf(&b, "  %-15s %s\n", name, summary)
	}
	b.WriteString("\n" + Wrap(secrets, Width))
	return b.String()
}

// environment is the topic environment: the variables that credctl reads.
func environment(vendors []provider.Provider) string {
	var b strings.Builder
	b.WriteString(Wrap(precedence, Width) + "\n\n")
	for _, v := range ownVariables() {
		fmt.Fprintf(&b, "  %-31s %s\n", v[0], v[1])
	}
	for _, p := range vendors {
		fmt.Fprintf(&b, "\n%s:\n", p.Title)
		fmt.Fprintf(&b, "  %s\n", strings.Join(append([]string{config.BaseVariable(p.Name)}, p.BaseEnv...), ", "))
		for _, param := range p.Settings {
			fmt.Fprintf(&b, "  %s\n", strings.Join(setting.Variables(p.Name, param.Info()), ", "))
		}
	}
	return b.String()
}

// ownVariables are those that are not of a vendor, each with what it does.
func ownVariables() [][2]string {
	return [][2]string{
		{"CREDCTL_PROFILE", "name of the profile, unless --profile gives one"},
		{"CREDCTL_CONFIG", "path of the configuration file, unless --config gives one"},
		{"CREDCTL_KEYRING", "off: store tokens in files, not in the system keyring"},
		{"CREDCTL_STATE_IDENTITY_FILE", "file with the key of the journal, in place of the state folder"},
		{"CREDCTL_STATE_IDENTITY_COMMAND", "command that prints the key of the journal"},
		{"XDG_CONFIG_HOME", "folder of the configuration (default ~/.config)"},
		{"XDG_STATE_HOME", "folder of the rotation journal (default ~/.local/state)"},
		{"HTTPS_PROXY", "proxy for requests to vendors"},
		{"SSL_CERT_FILE", "certificates to trust"},
		{"NO_COLOR", "no colours"},
		{"CI", "true: never ask a question"},
	}
}
