package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
)

const about = `credctl lists, creates, changes, rotates and deletes the credentials that vendors
issue, with the same verbs at every vendor. It never repeats a request that
issues something, and never drops a secret that was issued.`

// rootCmd returns the command tree. Only the parts that args name are built in
// full, so that starting costs what the command needs.
func (a *app) rootCmd(args []string) *cobra.Command {
	root := &cobra.Command{
		Use:           "credctl",
		Short:         "One command line for the credentials that vendors issue",
		Long:          about,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.parseOutput(cmd); err != nil {
				return err
			}
			return a.readFlags()
		},
	}
	group(root)
	root.SetIn(a.streams.In)
	root.SetOut(a.streams.Out)
	root.SetErr(a.streams.Err)
	root.SetFlagErrorFunc(flagError)
	a.addGlobals(root.PersistentFlags())
	root.AddGroup(&cobra.Group{ID: "vendors", Title: "Vendors:"}, &cobra.Group{ID: "across", Title: "Across vendors:"})
	root.AddCommand(a.commands(args)...)
	root.SetHelpCommand(helpCmd(root))
	if slices.Contains(args, "completion") { // cobra would show help for a shell that it does not know, and call that a success
		root.InitDefaultCompletionCmd(args...)
		for _, cmd := range root.Commands() {
			if cmd.Name() == "completion" {
				group(cmd)
			}
		}
	}
	a.completeGlobals(root)
	return root
}

// commands returns the command that the first argument names, or else all.
func (a *app) commands(args []string) (all []*cobra.Command) {
	first := ""
	if len(args) > 0 {
		first = args[0]
	}
	if cmd := a.versionCmd(); cmd.Name() == first { // the vendors are not even described
		return []*cobra.Command{cmd}
	}
	for _, p := range a.config.Vendors() {
		cmd := a.providerCmd(p, slices.Contains(args, "docs") || slices.Contains(args, p.Name))
		if p.Name == first {
			return []*cobra.Command{cmd}
		}
		all = append(all, cmd)
	}
	across := []*cobra.Command{a.listCmd(), a.policyCmd(), a.rotationCmd()}
	for _, cmd := range across {
		cmd.GroupID = "across"
	}
	return slices.Concat(all, across, []*cobra.Command{a.sandboxCmd(), a.authCmd(), a.configCmd(), a.versionCmd(), a.docsCmd(), exitCodesCmd()})
}

func (a *app) addGlobals(f *pflag.FlagSet) {
	g, withHeader := &a.global, strings.Join(output.WithHeader(), ", ")
	f.StringVarP(&g.output, "output", "o", output.Formats()[0], "`format`: "+strings.Join(output.Formats(), ", "))
	f.StringVar(&g.jq, "jq", "", "filter JSON output with a jq `expression`")
	f.StringSliceVar(&g.columns, "columns", nil, "`columns` of "+withHeader+", in this order")
	f.BoolVar(&g.noHeaders, "no-headers", false, "leave out the headers of "+withHeader)
	f.StringVar(&a.config.Flags.Profile, "profile", "", "`name` of the profile in the configuration")
	f.StringVar(&a.config.Flags.Path, "config", "", "read the configuration from this `file`")
	f.DurationVar(&a.streams.Timeout, "timeout", a.streams.Timeout, "give up after this `duration`")
	f.DurationVar(&a.session.MaxWait, "max-wait", 30*time.Second, "wait no longer than this `duration` for a vendor that asks for it, or has said that it takes no more requests for now; fail instead (if not given, 65s for the latter, and where several IDs are)")
	f.BoolVar(&a.session.Debug, "debug", false, "log each request to standard error, without headers, bodies and queries")
	f.BoolVarP(&a.streams.Quiet, "quiet", "q", false, "no progress and no remarks, only results and errors")
	f.BoolVarP(&a.streams.Yes, "yes", "y", false, "answer every confirmation with yes")
	f.BoolVar(&a.streams.NoInput, "no-input", false, "never ask; fail instead")
	f.BoolVar(&g.showSecret, "show-secret", false, "write a new secret to standard output also where it would not be")
	f.StringVar(&g.secretFile, "secret-file", "", "write a new secret to this new `file`, readable by you alone")
}

// columnsOf is the annotation of a command whose records are no credentials: the
// names of their columns.
const columnsOf = "columns"

// withColumns marks cmd as one that writes records with these columns.
func withColumns(cmd *cobra.Command, columns []string) *cobra.Command {
	cmd.Annotations = map[string]string{columnsOf: strings.Join(columns, ",")}
	return cmd
}

// parseOutput finds what is wrong with the output flags before any request.
func (a *app) parseOutput(cmd *cobra.Command) (err error) {
	a.streams.JSONErrors = a.forPrograms()
	var heads []string
	if columns := cmd.Annotations[columnsOf]; columns != "" {
		heads = strings.Split(columns, ",")
	}
	a.format, err = output.Parse(a.global.output, a.global.jq, a.global.columns, heads...)
	switch {
	case err != nil:
		return err
	case a.streams.Timeout <= 0:
		return provider.Usage("--timeout must be more than zero")
	case a.session.MaxWait < 0:
		return provider.Usage("--max-wait must not be less than zero")
	}
	if !cmd.Flags().Changed("max-wait") {
		a.session.MaxThrottle = window
	}
	return nil
}

// group makes cmd a command that only has subcommands.
func group(cmd *cobra.Command) {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		var known []string
		for _, c := range cmd.Commands() {
			if !c.Hidden {
				known = append(known, c.Name())
			}
		}
		err := provider.Usage("unknown command %q for %q", args[0], cmd.CommandPath())
		if near := provider.Closest(args[0], known); near != "" {
			return provider.Hint(err, "did you mean %q?", cmd.CommandPath()+" "+near)
		}
		return provider.Hint(err, "run %q for the commands there are", cmd.CommandPath()+" --help")
	}
}

// flagError adds a suggestion to pflag's complaint.
func flagError(cmd *cobra.Command, err error) error {
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok { // without the value, which may be a secret
		err = fmt.Errorf("--%s: %w", bad.GetFlag().Name, bad.Unwrap())
	}
	wrong, ok := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !ok {
		return provider.Hint(provider.WithClass(provider.ErrUsage, err), "run %q", cmd.CommandPath()+" --help")
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	err = provider.WithClass(provider.ErrUsage, err)
	switch wrong {
	case "version":
		return provider.Hint(err, "run \"credctl version\"")
	case "token":
		return provider.Hint(err, "a token is no argument, because others can see those: use --token-file, or an environment variable")
	}
	if near := provider.Closest(wrong, known); near != "" {
		return provider.Hint(err, "did you mean --%s?", near)
	}
	return provider.Hint(err, "run %q for the flags there are", cmd.CommandPath()+" --help")
}

// helpCmd is `credctl help`, which knows a topic beside the commands.
func helpCmd(root *cobra.Command) *cobra.Command {
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

// exact demands the operands that a command's use line names.
func exact(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		if len(names) == 0 {
			return provider.Usage("%s takes no operand, but got %q", cmd.CommandPath(), args[0])
		}
		return provider.Usage("%s takes %s, but got %d operands", cmd.CommandPath(), strings.Join(names, " and "), len(args))
	}
}

// atMostOne allows one operand.
func atMostOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= 1 {
			return nil
		}
		return provider.Usage("%s takes at most one %s, but got %d operands", cmd.CommandPath(), name, len(args))
	}
}
