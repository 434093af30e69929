package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/bulk"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
)

// addGlobals adds the flags that every command has.
func addGlobals(f *pflag.FlagSet, run *invocation.Invocation) {
	g, withHeader := &run.Results.Options, strings.Join(output.WithHeader(), ", ")
	f.StringVarP(&g.Output, "output", "o", output.Formats()[0], "`format`: "+strings.Join(output.Formats(), ", "))
	f.StringVar(&g.JQ, "jq", "", "filter JSON output with a jq `expression`")
	f.StringSliceVar(&g.Columns, "columns", nil, "`columns` of "+withHeader+", in this order")
	f.BoolVar(&g.NoHeaders, "no-headers", false, "leave out the headers of "+withHeader)
	f.BoolVar(&g.CSVRaw, "csv-raw", false, "print CSV cells that look like formulas unchanged")
	f.StringVar(&run.Config.Flags.Profile, "profile", "", "`name` of the profile in the configuration")
	f.StringVar(&run.Config.Flags.Path, "config", "", "read the configuration from this `file`")
	f.DurationVar(&run.Streams.Timeout, "timeout", run.Streams.Timeout, "time limit as a `duration`")
	f.DurationVar(&run.Session.MaxWait, "max-wait", 30*time.Second, "wait no longer than this `duration` for a vendor that asks for it, or has said that it takes no more requests for now; fail instead (if not given, 65s for the latter, and where several IDs are)")
	f.BoolVar(&run.Session.Debug, "debug", false, "log each request to standard error, without headers, bodies and queries")
	f.BoolVarP(&run.Streams.Quiet, "quiet", "q", false, "no progress and no remarks, only results and errors")
	f.BoolVarP(&run.Streams.Yes, "yes", "y", false, "answer every confirmation with yes")
	f.BoolVar(&run.Streams.NoInput, "no-input", false, "never ask; fail instead")
	f.BoolVar(&g.ShowSecret, "show-secret", false, "write a new secret to standard output also where it would not be")
	f.StringVar(&g.SecretFile, "secret-file", "", "write a new secret to this new `file`, readable by you alone")
}

// checkGlobals finds what is wrong with these flags before any request.
func checkGlobals(run *invocation.Invocation, cmd *cobra.Command) error {
	run.Streams.JSONErrors = run.Results.ForPrograms()
	err := run.Results.Parse(syntax.Columns(cmd)...)
	switch {
	case err != nil:
		return err
	case run.Streams.Timeout <= 0:
		return provider.Usage("--timeout must be more than zero")
	case run.Session.MaxWait < 0:
		return provider.Usage("--max-wait must not be less than zero")
	}
	if !cmd.Flags().Changed("max-wait") {
		run.Session.MaxThrottle = bulk.Window
	}
	return nil
}

// completeGlobals completes these flags.
func completeGlobals(root *cobra.Command, c *config.Config) {
	syntax.Offer(root, "output", func(string) []string { return output.Completions() })
	syntax.Offer(root, "profile", func(string) []string {
		names, _ := c.Profiles() // none of a file that cannot be read
		return names
	})
	for _, name := range []string{"jq", "timeout", "max-wait"} {
		syntax.Offer(root, name, func(string) []string { return nil })
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
