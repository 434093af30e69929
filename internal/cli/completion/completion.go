// Package completion has the commands that print and install the scripts with which
// a shell completes command lines.
package completion

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/config/environment"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

// A shell is one that can complete.
type shell struct {
	name, title string

	// script writes what the shell reads.
	script func(root *cobra.Command, w io.Writer) error

	// variable names the folder below which the script is installed, byDefault is
	// that folder below the home folder without the variable, and path is the file in it.
	variable, byDefault, path string

	// next says what else has to be done, of the path of the file; "": nothing.
	next string
}

func shells() []shell {
	return []shell{
		{
			"bash", "bash", bash, "XDG_DATA_HOME", ".local/share", "bash-completion/completions/credctl",
			"Without the bash-completion package, add this line to ~/.bashrc: source %s",
		},
		{
			"zsh", "zsh", func(root *cobra.Command, w io.Writer) error { return root.GenZshCompletion(w) }, "XDG_DATA_HOME", ".local/share", "zsh/site-functions/_credctl",
			"Add this line to ~/.zshrc, before compinit: fpath=(%s $fpath)",
		},
		{
			"fish", "fish", func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) }, "XDG_CONFIG_HOME", ".config", "fish/completions/credctl.fish",
			"",
		},
		{
			"powershell", "PowerShell", func(root *cobra.Command, w io.Writer) error { return root.GenPowerShellCompletionWithDesc(w) }, "XDG_DATA_HOME", ".local/share", "credctl/completion.ps1",
			"Add this line to your profile: . %s",
		},
	}
}

// New returns `credctl completion`.
func New(run *invocation.Invocation) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "completion SHELL",
		Short: "Set up completion for your shell",
		Long: `Print or install the completion script for your shell. It completes commands, flags,
IDs and names. IDs and names come from the vendor's listing.`,
	}
	syntax.Group(cmd)
	for _, s := range shells() {
		cmd.AddCommand(syntax.WithoutResults(&cobra.Command{
			Use:   s.name,
			Short: "Print the completion script for " + s.title,
			Example: fmt.Sprintf(`# Print the script for %[2]s
credctl completion %[1]s

# Keep it in a file
credctl completion %[1]s > credctl.%[1]s`, s.name, s.title),
			Args:              syntax.Exact(),
			ValidArgsFunction: cobra.NoFileCompletions,
			RunE:              func(cmd *cobra.Command, _ []string) error { return s.script(cmd.Root(), run.Streams.Out) },
		}))
	}
	cmd.AddCommand(install(run))
	return cmd
}

// install is `credctl completion install`.
func install(run *invocation.Invocation) *cobra.Command {
	names := make([]string, 0, len(shells()))
	for _, s := range shells() {
		names = append(names, s.name)
	}
	return syntax.WithoutResults(&cobra.Command{
		Use:   "install [SHELL]",
		Short: "Install completion for your shell",
		Long: `Write the completion script to the folder in which the shell looks for it. If
you do not pass SHELL, credctl uses the shell in the environment variable SHELL.`,
		Example: `# Install completion for the shell that you use
credctl completion install

# Install completion for fish
credctl completion install fish`,
		Args:      syntax.AtMostOne("SHELL"),
		ValidArgs: names,
		RunE: func(cmd *cobra.Command, args []string) error {
			name := strings.TrimSuffix(filepath.Base("/"+run.Config.Env["SHELL"]), "/")
			if len(args) > 0 {
				name = args[0]
			}
			for _, s := range shells() {
				if s.name == name {
					return s.install(cmd.Root(), run)
				}
			}
			err := provider.Usage("no completion for the shell %q (valid: bash, zsh, fish, powershell)", name)
			if len(args) == 0 {
				return provider.Hint(err, "to name the shell, run: credctl completion install bash")
			}
			return err
		},
	})
}

// install writes the script to where the shell looks for it.
func (s shell) install(root *cobra.Command, run *invocation.Invocation) error {
	dir := run.Config.Env[s.variable]
	if !filepath.IsAbs(dir) {
		home, err := run.Config.Env.Home()
		if err != nil {
			return err
		}
		dir = filepath.Join(home, filepath.FromSlash(s.byDefault))
	}
	path := filepath.Join(dir, filepath.FromSlash(s.path))
	var script bytes.Buffer
	if err := s.script(root, &script); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // G301: shells of others may read it
		return err
	}
	if err := fsafe.WriteFile(path, script.Bytes(), fsafe.Options{}); err != nil {
		return err
	}
	if run.Config.Env[environment.Sandbox] != "" {
		run.Streams.Remark("Installed %s, which the sandbox removes when it ends. For your own shells, run the same command outside the sandbox.", path)
		return nil
	}
	run.Streams.Remark("Installed %s. Start a new shell to use it.", path)
	if s.next != "" {
		shown := path
		if s.name == "zsh" {
			shown = filepath.Dir(path)
		}
		run.Streams.Remark(s.next, shown)
	}
	return nil
}
