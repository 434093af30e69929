package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/audits"
	"github.com/credctl/credctl/internal/cli/completion"
	"github.com/credctl/credctl/internal/cli/help"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/monitor"
	"github.com/credctl/credctl/internal/cli/playground"
	"github.com/credctl/credctl/internal/cli/policies"
	"github.com/credctl/credctl/internal/cli/rotations"
	"github.com/credctl/credctl/internal/cli/setup"
	"github.com/credctl/credctl/internal/cli/states"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/cli/verbs"
)

const about = `credctl lists, creates, updates, rotates and deletes the credentials that vendors
issue, with the same commands at every vendor. It never sends a request that issues
a credential twice, and never loses a secret that was issued.`

// Root returns the command tree. Only the parts that args name are built in full,
// so that starting costs what the command needs.
func Root(run *invocation.Invocation, args []string) *cobra.Command {
	root := &cobra.Command{
		Use:           "credctl",
		Short:         "Manage the credentials that vendors issue",
		Long:          about,
		SilenceErrors: true,

		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true}, // ours has another help
		SilenceUsage:      true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkGlobals(run, cmd); err != nil {
				return err
			}
			return run.Flags.Read()
		},
	}
	syntax.Group(root)
	answerAlone(run, root)
	root.SetIn(run.Streams.In)
	root.SetOut(run.Streams.Out)
	root.SetErr(run.Streams.Err)
	root.SetFlagErrorFunc(flagError)
	addGlobals(root.PersistentFlags(), run)
	root.AddCommand(commands(run, args)...)
	hintVendors(run, root)
	help.Arrange(root)
	root.SetHelpCommand(help.New(root, run.Config.Vendors, run.Streams.Width))
	addAliases(root)
	if completes(args) {
		completeGlobals(root, run)
	}
	return root
}

// versionFlags are the flags of the program without a command that print the version.
func versionFlags() []string { return []string{"--version", "-V"} }

// answerAlone says what root does without a command: it prints the version where its
// flag asks for that, and else what is configured.
func answerAlone(run *invocation.Invocation, root *cobra.Command) {
	asked := root.Flags().BoolP("version", "V", false, "print the version")
	carryOut := root.RunE
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return hintVendor(run.Config.Vendors(), args, carryOut(cmd, args))
		}
		if version := setup.Version(run); *asked {
			return version.RunE(version, args)
		}
		ctx, cancel := run.Limit(cmd)
		defer cancel()
		if shown, err := overview(ctx, run, run.Streams.Out); shown || err != nil {
			return err
		}
		return carryOut(cmd, args)
	}
}

// hintVendors has the commands of root that share their name with a verb of vendors say
// how that is called, where they get an ID.
func hintVendors(run *invocation.Invocation, root *cobra.Command) {
	for _, sub := range root.Commands() {
		if syntax.VerbNamed(sub.Name()) == "" {
			continue
		}
		check := sub.Args
		sub.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return hintVendor(run.Config.Vendors(), append([]string{sub.Name()}, args...), err)
			}
			return nil
		}
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
	version := setup.Version(run)
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
	deliver := rotations.Deliver(run, slices.Contains(args, "docs") || slices.Contains(args, "deliver"))
	return append(all,
		verbs.ListAll(run), audits.Command(run), policies.Policy(run), rotations.Command(run), deliver, monitor.Status(run),
		setup.Auth(run), setup.Profile(run), setup.Config(run), states.Command(run), syntax.WithoutResults(playground.Command(run)),
		completion.New(run), version, syntax.WithoutResults(docs(run.Config)),
	)
}
