package cli

import (
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/bulk"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
)

// addGlobals adds the flags that every command has.
func addGlobals(f *pflag.FlagSet, run *invocation.Invocation) {
	g, withHeader := &run.Results.Options, strings.Join(output.WithHeader(), ", ")
	f.StringVarP(&g.Output, "output", "o", output.Formats()[0], "output `format`, see \"credctl help output\"")
	f.StringVar(&g.JQ, "jq", "", "filter JSON output with a jq `expression`")
	f.StringSliceVar(&g.Columns, "columns", nil, "`columns` of "+withHeader+", in this order")
	f.BoolVar(&g.NoHeaders, "no-headers", false, "omit the headers of "+withHeader)
	f.BoolVar(&g.CSVRaw, "csv-raw", false, "print CSV cells that look like formulas unchanged")
	f.StringVar(&run.Config.Flags.Profile, "profile", "", "`name` of the profile in the configuration")
	f.StringVar(&run.Config.Flags.Path, "config", "", "path of the configuration `file`")
	f.DurationVar(&run.Streams.Timeout, "timeout", run.Streams.Timeout, "time limit of the run")
	f.Var(&g.MaxMemory, "max-memory", "most memory for a --jq expression that needs the whole list")
	f.DurationVar(&run.Session.MaxWait, "max-wait", 30*time.Second, "longest wait when rate limited")
	f.Lookup("max-wait").DefValue = "30s; 65s for several IDs"
	f.BoolVar(&run.Session.Debug, "debug", false, "log each request to standard error")
	f.BoolVarP(&run.Streams.Quiet, "quiet", "q", false, "print only results and errors")
	f.BoolVarP(&run.Streams.Yes, "yes", "y", false, "answer yes to every confirmation")
	f.BoolVar(&run.Streams.NoInput, "no-input", false, "never ask a question")
}

// checkGlobals finds what is wrong with these flags before any request.
func checkGlobals(run *invocation.Invocation, cmd *cobra.Command) error {
	run.Streams.JSONErrors = run.Results.ForPrograms()
	if err := checkVariables(run.Config.Env, cmd.Root().PersistentFlags()); err != nil {
		return err
	}
	err := run.Results.Parse(syntax.Formats(cmd), syntax.Columns(cmd), issues(cmd))
	switch {
	case err != nil:
		return err
	case run.Streams.Timeout <= 0:
		return provider.Usage("--timeout must be greater than zero")
	case run.Session.MaxWait < 0:
		return provider.Usage("--max-wait cannot be negative")
	}
	if !syntax.HasResults(cmd) {
		for _, name := range []string{"columns", "jq", "no-headers", "csv-raw"} {
			if cmd.Flags().Changed(name) {
				return provider.Hint(provider.Usage("--%s is not supported by %s", name, cmd.CommandPath()), "leave out --%s", name)
			}
		}
	}
	if !cmd.Flags().Changed("max-wait") {
		run.Session.MaxThrottle = bulk.Window
	}
	return nil
}

// issues reports whether a command may print a new secret.
func issues(cmd *cobra.Command) bool { return cmd.Flags().Lookup("show-secret") != nil }
