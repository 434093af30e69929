// Package invocation has what the commands of one run of the program share.
package invocation

import (
	"context"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/config/environment"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/dryrun"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/results"
	"github.com/credctl/credctl/internal/session"
	"github.com/credctl/credctl/internal/survey"
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/visible"
)

// An Invocation is one run of the program.
type Invocation struct {
	Streams *term.Streams
	Config  *config.Config
	Session *session.Session
	Results *results.Writer
	Flags   *syntax.Flags           // that are made of parameters
	DryRun  *dryrun.Requests        // nil: it is none
	Schemes func() []deliver.Scheme // of all destinations
	Version string                  // of credctl
}

// New returns a run with this environment.
func New(vendors config.Vendors, destinations func() []deliver.Scheme, version string, env []string, stdin io.Reader, stdout, stderr io.Writer) *Invocation {
	streams := term.New(stdin, stdout, stderr)
	variables := environment.New(env)
	streams.Adapt(variables)
	c := config.New(variables, vendors, streams)
	c.Destinations = func() []deliver.Setting { return settingsOf(destinations()) }
	return &Invocation{
		Version: version,
		Streams: streams,
		Config:  c,
		Session: session.New(c, destinations, streams, "credctl/"+version, exit.StatusOf),
		Results: results.New(streams, variables),
		Schemes: func() []deliver.Scheme { return session.Schemes(destinations()) },
		Flags: &syntax.Flags{
			ReadFile: streams.ReadFile,
			ReadTrusted: func(path, purpose string) (string, error) {
				return streams.ReadFileWith(fsafe.OpenTrusted, path, purpose)
			},
			Files: c.Flags.Secrets,
		},
	}
}

// StartDryRun makes the run one that sends nothing that changes something.
func (i *Invocation) StartDryRun() {
	i.DryRun = &dryrun.Requests{}
	i.Session.DryRun = i.DryRun.Add
}

// AddSecretFlags adds the flags of a command that may show a new secret.
func (i *Invocation) AddSecretFlags(f *pflag.FlagSet) {
	f.BoolVar(&i.Results.ShowSecret, "show-secret", false, "print the new secret even when hidden by default")
	f.StringVar(&i.Results.SecretFile, "secret-file", "", "write the new secret to this new `file`")
}

// OnTerminal writes a remark on a table where a person sees that.
func (i *Invocation) OnTerminal(format string, args ...any) {
	if i.Streams.OutTTY && i.Results.Format.ForPeople() {
		i.Streams.Remark(format, args...)
	}
}

// NotListed names accounts that a list of all vendors leaves out.
func (i *Invocation) NotListed(why []survey.Failure) {
	for _, err := range why {
		i.Streams.Remark("note: not listed: %s", visible.OneLine(exit.Text(err)))
	}
}

// Limit returns the context of cmd, which ends when the time is up.
func (i *Invocation) Limit(cmd *cobra.Command) (context.Context, context.CancelFunc) {
	return context.WithTimeout(cmd.Context(), i.Streams.Timeout)
}

// settingsOf returns the settings of schemes, each once.
func settingsOf(schemes []deliver.Scheme) (all []deliver.Setting) {
	for _, s := range schemes {
		for _, setting := range s.Settings {
			if !slices.ContainsFunc(all, func(known deliver.Setting) bool { return known.Name == setting.Name }) {
				all = append(all, setting)
			}
		}
	}
	return all
}
