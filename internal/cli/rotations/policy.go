package rotations

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/bulk"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/results"
	"github.com/credctl/credctl/internal/rotation/policy"
	"github.com/credctl/credctl/internal/visible"
)

const aboutPolicy = `Rotate what is due by a policy, for cron: go on with what stopped, delete what is past
its grace, and leave alone what is not due. It may run as often as one likes. When
nothing is changed and all is well, it prints nothing in a pipe; -o json has a result
for each entry.

A policy is a YAML file:

    rotations:
      - name: web-assets            # identifies the rotation for ever
        provider: katapult
        id: objkey_EKEAMCHzkhba9uak # or select: {name: "ci-*", status: configured}
        max_age: 30d                # y, w, d, h; measured to the retirement of the old one
        grace: 24h
        to: ["aws:web@/etc/web/credentials"]
        hook: ["systemctl", "reload", "web"]`

// changedExit is the exit status of --detailed-exitcode when something was changed.
const changedExit = 10

// policyOptions are the flags of `credctl rotate`.
type policyOptions struct {
	policy.Options

	file     string
	check    bool
	detailed bool
}

// Policy is `credctl rotate -f`.
func Policy(run *invocation.Invocation) *cobra.Command {
	var o policyOptions
	cmd := &cobra.Command{
		Use: "rotate -f FILE", Short: "Rotate what is due by a policy, for cron", Long: aboutPolicy, Args: syntax.Exact(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := run.Limit(cmd)
			defer cancel()
			return exit.About{Verb: "rotate"}.Wrap(runPolicy(ctx, run, o))
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.file, "file", "f", "", "the policy `file`; - is standard input")
	f.BoolVar(&o.check, "check", false, "only say what is wrong with the file")
	f.BoolVar(&o.DryRun, "dry-run", false, "show the steps and check what can be checked; change nothing")
	f.BoolVar(&o.Force, "force", false, "go on although a limit forbids it")
	f.BoolVar(&o.detailed, "detailed-exitcode", false, "exit with 10 when something was changed")
	f.IntVar(&o.Parallel, "parallel", 1, fmt.Sprintf("how many credentials to work on at once, and so how many hooks may run, from 1 to %d", bulk.MaxParallel))
	f.DurationVar(&o.LockTimeout, "lock-timeout", 0, "how long to wait for another run")
	f.BoolVar(&o.InsecurePerms, "allow-insecure-perms", false, "write to destination files that others can read")
	return syntax.WithColumns(cmd, policyColumns())
}

func policyColumns() []string {
	return []string{"name", "provider", "id", "due", "changed", "new_id", "state", "retires", "reason"}
}

func runPolicy(ctx context.Context, run *invocation.Invocation, o policyOptions) error {
	if o.file == "" {
		return provider.Hint(provider.Usage("credctl rotate needs -f FILE, a policy"), "a single credential is rotated with: credctl VENDOR rotate ID")
	}
	if o.Parallel < 1 || o.Parallel > bulk.MaxParallel {
		return provider.Usage("--parallel is from 1 to %d", bulk.MaxParallel)
	}
	if o.DryRun {
		run.StartDryRun()
	}
	engine, err := run.Session.Engine()
	if err != nil {
		return err
	}
	text, err := readPolicy(run, o.file)
	if err != nil {
		return provider.WithClass(provider.ErrUsage, fmt.Errorf("cannot read the policy: %w", err))
	}
	parsed, err := policy.Parse(engine, o.file, text)
	if err != nil {
		return err
	}
	if o.check {
		run.Streams.Remark("%s is a valid policy", o.file)
		return nil
	}
	entries, err := policy.Run(ctx, engine, parsed, o.Options)
	if entries == nil && err != nil { // nothing was looked at
		return err
	}
	perr := printPolicy(run, entries, o.DryRun || errors.Is(err, provider.ErrRefused))
	if err = errors.Join(err, perr); err != nil || !o.detailed || o.DryRun {
		return err
	}
	for _, r := range entries {
		if r.Changed {
			return exit.Silent(changedExit)
		}
	}
	return nil
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

func printPolicy(run *invocation.Invocation, entries []policy.Result, planned bool) error {
	if planned && run.Results.Format.ForPeople() {
		return printPlans(run.Streams.Out, entries)
	}
	rows := make([][]string, len(entries))
	quiet := run.Results.Format.ForPeople() && !run.Streams.OutTTY
	for i, r := range entries {
		rows[i] = entryRow(r)
		quiet = quiet && !r.Changed && r.Err == nil
	}
	if quiet {
		return nil
	}
	if entries == nil {
		entries = []policy.Result{}
	}
	return run.Results.Printer().Results(policyColumns(), rows, entries)
}

func entryRow(r policy.Result) []string {
	return []string{r.Name, r.Provider, r.ID, results.YesNo(r.Due), results.YesNo(r.Changed), r.NewID, string(r.State), results.Time(r.Retires), strings.TrimSpace(r.Message + " " + r.Error)}
}

// printPlans shows what a policy would do.
func printPlans(w io.Writer, entries []policy.Result) error {
	var b strings.Builder
	for _, r := range entries {
		why := cmp.Or(strings.TrimSpace(r.Message+" "+r.Error), map[bool]string{true: "due", false: "not due"}[r.Due])
		fmt.Fprintf(&b, "%s: %s\n", visible.Text(r.Name), visible.Text(why))
		if r.Plan != nil {
			b.WriteString(planText(*r.Plan))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
