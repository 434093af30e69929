// Package playground has `credctl sandbox`, and keeps what runs in a sandbox within it.
package playground

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/sandbox"
)

const about = `Serve the APIs of all vendors, and an S3 endpoint that accepts the keys they
issue, on this machine, with example data. Try commands and test rotation
scripts without an account.

With a command, run it with an environment in which credctl uses only the
sandbox, and end with its exit status. Without a command, print this
environment for a shell and serve until interrupted; with --detach, serve in
the background. Stop that sandbox with: eval "$(credctl sandbox stop)".
In fish, use "credctl sandbox -- fish" instead.

A fault is VENDOR:VERB:KIND[:[SKIP+]TIMES[:WAIT]]. VENDOR and VERB may be *.
The fault affects TIMES requests after the first SKIP, or all requests.
WAIT is its Retry-After header. KIND is an HTTP status, or one of

    STATUS-after  change made, then an answer with STATUS
    cut-before    connection closed before any change
    cut-after     change made, connection closed without an answer
    cut-body      change made, connection closed in the middle of the answer
    truncate      change made, half of the answer
    garbage       change made, an answer that is not JSON
    no-secret     change made, an answer without the secret
    endless       change made, an answer that never ends
    slow          change made, an answer after one minute
    html          no change, a login page
    redirect      no change, a redirect to another host

and for the S3 endpoint, s3:buckets:KIND, one of

    s3-empty      200 without a body
    s3-json       200 and a JSON status
    s3-open       the list of buckets, for any signature
    s3-closed     AccessDenied, for any signature
    s3-region     the signature must name another region
    s3-clock      the clocks differ by too much`

// Command is `credctl sandbox`.
func Command(run *invocation.Invocation) *cobra.Command {
	var flags Flags
	detached := false
	cmd := &cobra.Command{
		Use: "sandbox [-- CMD...]", Short: "Run a local sandbox of all vendors", Long: about,
		Example: `  credctl sandbox -- credctl katapult list
  eval "$(credctl sandbox --detach)"
  credctl sandbox --fault losant:list:500:1+1 -- ./rotate.sh
  credctl sandbox --fault '*:list:429::30' -- ./rotate.sh`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && cmd.ArgsLenAtDash() != 0 {
				return provider.Hint(provider.Usage("unexpected argument %q", args[0]), "put the command after --: credctl sandbox -- %s", args[0])
			}
			o, err := flags.Parse()
			if err != nil {
				return err
			}
			if !detached {
				return serve(cmd.Context(), run, o, args)
			}
			if len(args) > 0 {
				return provider.Usage("--detach cannot be used with a command")
			}
			return detach(cmd.Context(), run, cmd.Flags())
		},
	}
	flags.Add(cmd.Flags())
	cmd.Flags().BoolVar(&detached, "detach", false, "serve in the background; print the environment when ready")
	cmd.AddCommand(stopCommand(run))
	return cmd
}

// stopCommand is `credctl sandbox stop`.
func stopCommand(run *invocation.Invocation) *cobra.Command {
	return &cobra.Command{
		Use: "stop", Short: "Stop the sandbox of this shell", Args: syntax.Exact(),
		Long: "Stops the sandbox that CREDCTL_SANDBOX names and removes its folder. To a pipe, it prints the commands\nthat give the shell its own variables back. Run it with eval, also in a shell whose sandbox has ended already.",
		Example: `# Start a sandbox for this shell, use it, and stop it
eval "$(credctl sandbox --detach)"
credctl list
eval "$(credctl sandbox stop)"

# Show the commands that give the shell its own variables back
eval "$(credctl sandbox --detach)"
credctl sandbox stop | cat`,
		RunE: func(*cobra.Command, []string) error { return stop(run) },
	}
}

// Flags say how a sandbox behaves.
type Flags struct {
	sandbox.Options

	faults []string
	port   int
}

// Add adds the flags.
func (s *Flags) Add(f *pflag.FlagSet) {
	f.IntVar(&s.port, "port", 0, "first of five `port`s to listen on (default: free ports)")
	f.DurationVar(&s.Latency, "latency", 0, "delay of every answer")
	f.StringArrayVar(&s.faults, "fault", nil, "`failure` to simulate, such as katapult:list:429; repeatable")
	f.IntVar(&s.RateLimit, "rate-limit", 0, "`number` of requests per second before status 429 (default: no limit)")
	f.BoolVar(&s.VendorLimits, "vendor-limits", false, "enforce the rate limits that the vendors document")
	f.IntVar(&s.Quota, "quota", 0, "`number` of credentials that a vendor allows (default: no limit)")
	f.IntVar(&s.Count, "count", 0, "`number` of additional credentials at each vendor")
	f.DurationVar(&s.ProvisionDelay, "provision-delay", 0, "time to provision a Katapult key (default 3s; negative: none)")
	f.DurationVar(&s.ActivationDelay, "activation-delay", 0, "time until the S3 endpoint accepts new credentials")
	f.IntVar(&s.Flap, "flap", 0, "`number` of times the S3 endpoint rejects new credentials again")
	f.StringVar(&s.MedianovaSecret, "medianova-secret", "", "`path` of the secret in Medianova's answers (default: no secret)")
	f.BoolVar(&s.Deterministic, "deterministic", false, "same IDs, secrets and times in every run")
}

// Parse returns what the flags say.
func (s *Flags) Parse() (sandbox.Options, error) {
	o := s.Options
	if s.port < 0 || s.port > 65531 {
		return o, provider.Usage("--port must be from 1 to 65531 (the sandbox uses five ports)")
	}
	o.Addr = fmt.Sprintf("127.0.0.1:%d", s.port)
	for _, text := range s.faults {
		f, err := sandbox.ParseFault(text)
		if err != nil {
			return o, provider.WithClass(provider.ErrUsage, err)
		}
		o.Faults = append(o.Faults, f)
	}
	return o, nil
}
