package setup

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/sandbox"
	"github.com/credctl/credctl/internal/term"
)

const aboutSandbox = `Serve the APIs of the four vendors, and an S3 endpoint that knows the keys they
issue, on loopback in this process, with example data. Try commands and test
rotation scripts without an account:

    credctl sandbox -- credctl katapult list

With a command, it runs that with the environment set so that every vendor is
the sandbox, and ends with it and its exit status. Without one, it prints the
exports for a shell and serves until it is interrupted.

A fault is VENDOR:VERB:WHAT[:[SKIP+]TIMES[:RETRY-AFTER]]. VENDOR and VERB may be *.
SKIP requests pass before it strikes TIMES of them; without that it strikes all.
RETRY-AFTER is the header of that name. WHAT is an HTTP status, or one of

    STATUS-after  the change is made, and that status is answered
    cut-before    the connection ends before anything is changed
    cut-after     the change is made, and its answer is lost
    cut-body      the change is made, and its answer ends in the middle
    truncate      the same, as if that were the whole answer
    garbage       the change is made, and its answer is no JSON
    no-secret     the change is made, and its answer lacks the secret
    endless       the change is made, and its answer never ends
    slow          the change is made, and its answer comes after a minute
    html          nothing is changed; a login page
    redirect      nothing is changed; the address of another host

and for the S3 endpoint, s3:buckets:WHAT, one of

    s3-empty      200 without a body
    s3-json       200 and a JSON status
    s3-open       the list of buckets, for any signature
    s3-closed     AccessDenied, for any signature
    s3-region     the signature must name another region
    s3-clock      the clocks differ by too much

    credctl sandbox --fault losant:list:500:1+1 --fault '*:list:429::30' -- ./rotate.sh`

// Sandbox is `credctl sandbox`.
func Sandbox(c *config.Config, streams *term.Streams) *cobra.Command {
	var flags SandboxFlags
	cmd := &cobra.Command{
		Use:   "sandbox [-- CMD...]",
		Short: "The four vendors on loopback, to try commands without an account",
		Long:  aboutSandbox,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && cmd.ArgsLenAtDash() != 0 {
				return provider.Usage("%q is not after --: it is `credctl sandbox -- CMD`", args[0])
			}
			o, err := flags.Parse()
			if err != nil {
				return err
			}
			return serve(cmd.Context(), c, streams, o, args)
		},
	}
	flags.Add(cmd.Flags())
	return cmd
}

// SandboxFlags say how a sandbox behaves.
type SandboxFlags struct {
	sandbox.Options

	faults []string
	port   int
}

// Add adds the flags.
func (s *SandboxFlags) Add(f *pflag.FlagSet) {
	f.IntVar(&s.port, "port", 0, "listen on this `port` and the four after it; 0: on free ones")
	f.DurationVar(&s.Latency, "latency", 0, "add this `duration` to every answer")
	f.StringArrayVar(&s.faults, "fault", nil, "fail on demand: VENDOR:VERB:WHAT[:[SKIP+]TIMES[:RETRY-AFTER]]; may be repeated")
	f.IntVar(&s.RateLimit, "rate-limit", 0, "answer 429 to more than this `number` of requests a second at a vendor")
	f.IntVar(&s.Quota, "quota", 0, "the `number` of credentials that a vendor allows")
	f.IntVar(&s.Count, "count", 0, "seed this `number` of further credentials at each vendor")
	f.DurationVar(&s.ProvisionDelay, "provision-delay", 0, "how long Katapult provisions a key (default 3s; negative: not at all)")
	f.DurationVar(&s.ActivationDelay, "activation-delay", 0, "how long new S3 credentials are unknown to the S3 endpoint")
	f.IntVar(&s.Flap, "flap", 0, "how often new S3 credentials are refused again at first")
	f.StringVar(&s.MedianovaSecret, "medianova-secret", "", "where Medianova's answer to a create holds a secret, such as data.secret_key (by its documents: nowhere)")
	f.BoolVar(&s.Deterministic, "deterministic", false, "issue the same IDs and secrets in every run, for examples")
}

// Parse returns what the flags say.
func (s *SandboxFlags) Parse() (sandbox.Options, error) {
	o := s.Options
	if s.port < 0 || s.port > 65531 {
		return o, provider.Usage("--port must be from 1 to 65531, because there are five, or 0")
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
