// Package policies has the command that runs a policy.
package policies

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/bulk"
	"github.com/credctl/credctl/internal/cli/help"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/monitor"
	"github.com/credctl/credctl/internal/cli/rotations"
	"github.com/credctl/credctl/internal/cli/rotations/mail"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/policy"
	"github.com/credctl/credctl/internal/visible"
)

const aboutPolicy = `Rotate the credentials of a policy that are due. Each run resumes unfinished
rotations, rotates the credentials that are due, and deletes old credentials after
their grace period.

Run it from cron as often as you like. In a pipe it prints what changed, failed or
recovered, and nothing when all is well; -o json has a result for each credential.

A policy is a YAML file:

` + help.PolicyExample

// changedExit is the exit status of --detailed-exitcode when something was changed.
const changedExit = 10

// policyOptions are the flags of `credctl rotate`.
type policyOptions struct {
	policy.Options

	file     string
	check    bool
	detailed bool
	monitor  monitor.Options
}

// Policy is `credctl rotate -f`.
func Policy(run *invocation.Invocation) *cobra.Command {
	var o policyOptions
	cmd := &cobra.Command{
		Use: "rotate -f FILE", Short: "Rotate credentials due under a policy", Long: aboutPolicy, Args: syntax.Exact(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := run.Limit(cmd)
			defer cancel()
			if !cmd.Flags().Changed("max-wait") {
				run.Session.MaxWait = bulk.Window
			}
			return exit.About{Verb: "rotate"}.Wrap(o.monitor.Policy(cmd.Context(), run, monitor.Run{Policy: o.file, DryRun: o.DryRun, Check: o.check}, func() ([]policy.Result, error) {
				return runPolicy(ctx, run, o)
			}))
		},
	}
	cmd.Example = `# Check a policy
credctl rotate -f rotations.yaml --check

# Show what a run would do, then run it
credctl rotate -f rotations.yaml --dry-run
credctl rotate -f rotations.yaml`
	f := cmd.Flags()
	f.StringVarP(&o.file, "file", "f", "", "the policy `file`; - is standard input")
	f.BoolVar(&o.check, "check", false, "validate the file and exit")
	f.BoolVar(&o.DryRun, "dry-run", false, "show and check the steps; change nothing")
	f.BoolVar(&o.Force, "force", false, "override the safety limits")
	f.BoolVar(&o.detailed, "detailed-exitcode", false, "exit with 10 if something changed")
	f.IntVar(&o.Parallel, "parallel", 1, fmt.Sprintf("`number` of credentials and hooks at once, up to %d", bulk.MaxParallel))
	f.DurationVar(&o.LockTimeout, "lock-timeout", 0, "longest wait for another run")
	f.BoolVar(&o.InsecurePerms, "allow-insecure-perms", false, "accept destination files that others can read")
	o.monitor.AddFlags(f)
	return syntax.WithColumns(cmd, policyColumns())
}

func runPolicy(ctx context.Context, run *invocation.Invocation, o policyOptions) ([]policy.Result, error) {
	if o.file == "" {
		return nil, provider.Hint(provider.Usage("missing required flag: --file"), "pass a policy; to rotate one credential: credctl VENDOR rotate ID")
	}
	if o.Parallel < 1 || o.Parallel > bulk.MaxParallel {
		return nil, provider.Usage("--parallel must be from 1 to %d", bulk.MaxParallel)
	}
	if o.DryRun {
		run.StartDryRun()
	}
	engine, err := run.Session.Engine()
	if err != nil {
		return nil, err
	}
	text, err := readPolicy(run, o.file)
	if err != nil {
		return nil, provider.Hint(provider.WithClass(provider.ErrUsage, fmt.Errorf("cannot read the policy: %w", err)), "pass the path of a policy")
	}
	parsed, err := policy.Parse(engine, o.file, text)
	if err != nil {
		return nil, allMistakes(parsed, o.Options, err)
	}
	if o.check {
		if err := policy.Check(parsed, o.Options); err != nil {
			return nil, err
		}
		for _, said := range policy.Notes(parsed) {
			run.Streams.Remark("note: %s", said)
		}
		run.Streams.Remark("%s is a valid policy", o.file)
		return nil, nil
	}
	entries, err := policy.Run(ctx, engine, parsed, o.Options)
	for i, r := range entries {
		if r.Err != nil {
			entries[i].Error = exit.Text(r.Err)
		}
	}
	if entries == nil && err != nil { // nothing was looked at
		return nil, err
	}
	changed := slices.ContainsFunc(entries, func(r policy.Result) bool { return r.Changed })
	unsaid := printPolicy(run, entries, o.DryRun)
	if changed {
		unsaid = run.Results.Unshown("changed credentials", unsaid)
	}
	if forPeople(run) && !run.Streams.OutTTY && !o.DryRun && (errors.Is(err, provider.ErrPartial) || errors.Is(err, provider.ErrUnavailable)) {
		err = mail.Short(entries, err) // plans have no hints in their text
	}
	if err = errors.Join(err, unsaid); err == nil && changed && o.detailed {
		return entries, exit.Silent(changedExit)
	}
	return entries, err
}

// allMistakes adds to what is wrong with the file of p what its limits forbid.
func allMistakes(p policy.Policy, o policy.Options, wrong error) error {
	p.Rotations = slices.DeleteFunc(p.Rotations, func(r policy.Entry) bool { return r.MaxAge == 0 }) // it is missing, or wrong itself
	if err := policy.Check(p, o); err != nil {
		return provider.Reclassify(provider.ErrUsage, errors.Join(wrong, err))
	}
	return wrong
}

// forPeople reports whether results are written as people read them, and not as a
// table of some columns.
func forPeople(run *invocation.Invocation) bool {
	return run.Results.Format.ForPeople() && len(run.Results.Columns) == 0
}

// readPolicy reads a policy, which names commands: nobody else may change it.
func readPolicy(run *invocation.Invocation, path string) ([]byte, error) {
	if path == "-" {
		text, err := run.Streams.ReadFile(path, "the policy")
		return []byte(text), err
	}
	got, err := run.Streams.ReadWith(fsafe.OpenTrusted, path)
	return got.Text, err
}

// printPolicy writes the results of a policy. Where there are plans though the run is
// not a dry one, a limit has forbidden all of it.
func printPolicy(run *invocation.Invocation, entries []policy.Result, dry bool) error {
	text, refused := "", slices.ContainsFunc(entries, func(r policy.Result) bool { return r.Plan != nil })
	switch {
	case run.Results.Format.ForPeople() && dry:
		text = plansText(entries)
	case run.Results.Format.ForPeople() && refused:
		text = mail.Refused(entries)
	case forPeople(run) && !run.Streams.OutTTY:
		text = mail.Of(entries)
	default:
		return tabulate(run, entries)
	}
	_, err := io.WriteString(run.Streams.Out, run.Streams.FillOut(text))
	return err
}

// plansText is what a policy would do.
func plansText(entries []policy.Result) string {
	var b strings.Builder
	for _, r := range entries {
		text := cmp.Or(r.Error, r.Message)
		if r.Plan != nil {
			for _, c := range r.Plan.Checks {
				if !c.OK { // its line says why
					text = cmp.Or(r.Message, r.Error)
				}
			}
		}
		fmt.Fprintf(&b, "%s: %s\n", mail.Name(r), visible.Text(text))
		if r.Plan != nil {
			b.WriteString(rotations.PlanText(*r.Plan))
		}
	}
	return b.String()
}
