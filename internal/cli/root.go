package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/rotations"
	"github.com/credctl/credctl/internal/cli/setup"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/cli/verbs"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
)

const about = `credctl lists, creates, changes, rotates and deletes the credentials that vendors
issue, with the same verbs at every vendor. It never repeats a request that
issues something, and never drops a secret that was issued.`

// Root returns the command tree. Only the parts that args name are built in full,
// so that starting costs what the command needs.
func Root(run *invocation.Invocation, args []string) *cobra.Command {
	root := &cobra.Command{
		Use:           "credctl",
		Short:         "One command line for the credentials that vendors issue",
		Long:          about,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkGlobals(run, cmd); err != nil {
				return err
			}
			return run.Flags.Read()
		},
	}
	syntax.Group(root)
	answerVersion(run, root)
	root.SetIn(run.Streams.In)
	root.SetOut(run.Streams.Out)
	root.SetErr(run.Streams.Err)
	root.SetFlagErrorFunc(flagError)
	addGlobals(root.PersistentFlags(), run)
	root.AddGroup(&cobra.Group{ID: "vendors", Title: "Vendors:"}, &cobra.Group{ID: "across", Title: "Across vendors:"})
	root.AddCommand(commands(run, args)...)
	root.SetHelpCommand(helpOf(root))
	addAliases(root)
	if slices.Contains(args, "completion") { // cobra would show help for a shell that it does not know, and call that a success
		root.InitDefaultCompletionCmd(args...)
		for _, cmd := range root.Commands() {
			if cmd.Name() == "completion" {
				syntax.Group(cmd)
			}
		}
	}
	completeGlobals(root, run.Config)
	return root
}

// versionFlags are the flags of the program without a command that print the version.
func versionFlags() []string { return []string{"--version", "-V"} }

// answerVersion lets root print the version where its flag asks for that.
func answerVersion(run *invocation.Invocation, root *cobra.Command) {
	asked := root.Flags().BoolP("version", "V", false, "print the version")
	carryOut := root.RunE
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if version := setup.Version(run.Results, run.Streams); *asked && len(args) == 0 {
			return version.RunE(version, args)
		}
		return carryOut(cmd, args)
	}
}

// addAliases gives every command below cmd the other names that people try for it,
// unless they are names of its neighbours.
func addAliases(cmd *cobra.Command) {
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(names, sub.Name())
	}
	for _, sub := range cmd.Commands() {
		for _, alias := range syntax.Aliases(sub.Name()) {
			if !slices.Contains(names, alias) && !slices.Contains(sub.Aliases, alias) {
				sub.Aliases = append(sub.Aliases, alias)
			}
		}
		addAliases(sub)
	}
}

// commands returns the command that the first argument names, or else all.
func commands(run *invocation.Invocation, args []string) (all []*cobra.Command) {
	first := ""
	if len(args) > 0 {
		first = args[0]
	}
	version := setup.Version(run.Results, run.Streams)
	if version.Name() == first || slices.Contains(versionFlags(), first) { // the vendors are not even described
		return []*cobra.Command{version}
	}
	for _, p := range run.Config.Vendors() {
		cmd := vendor(run, p, slices.Contains(args, "docs") || slices.Contains(args, p.Name))
		if p.Name == first {
			return []*cobra.Command{cmd}
		}
		all = append(all, cmd)
	}
	across := []*cobra.Command{verbs.ListAll(run), rotations.Policy(run), rotations.Command(run)}
	for _, cmd := range across {
		cmd.GroupID = "across"
	}
	return slices.Concat(all, across, []*cobra.Command{
		setup.Sandbox(run.Config, run.Streams), setup.Auth(run), setup.Config(run), version, docs(run.Config.Vendors), exitCodes(),
	})
}

// helpOf is `credctl help`, which knows a topic beside the commands.
func helpOf(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command, or about exit-codes",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return provider.Usage("there is no help on %q", strings.Join(args, " "))
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
	}
}

// exitCodes is `credctl help exit-codes`.
func exitCodes() *cobra.Command {
	cmd := &cobra.Command{
		Use:    "exit-codes",
		Short:  "What the exit statuses mean",
		Hidden: true,
		Args:   syntax.Exact(),
		RunE:   func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) { fmt.Fprint(cmd.OutOrStdout(), exit.Help) })
	return cmd
}
