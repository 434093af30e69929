package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/provider"
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

// policyFlags are the flags of `credctl rotate`.
type policyFlags struct {
	policy.Options
	file     string
	check    bool
	detailed bool
}

// policyCmd is `credctl rotate -f`.
func (a *app) policyCmd() *cobra.Command {
	var flags policyFlags
	cmd := &cobra.Command{
		Use: "rotate -f FILE", Short: "Rotate what is due by a policy, for cron", Long: aboutPolicy, Args: exact(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a.failed.verb = "rotate"
			if flags.file == "" {
				return provider.Hint(provider.Usage("credctl rotate needs -f FILE, a policy"), "a single credential is rotated with: credctl VENDOR rotate ID")
			}
			if flags.Parallel < 1 || flags.Parallel > mostParallel {
				return provider.Usage("--parallel is from 1 to %d", mostParallel)
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), a.streams.Timeout)
			defer cancel()
			return a.runPolicy(ctx, flags)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&flags.file, "file", "f", "", "the policy `file`; - is standard input")
	f.BoolVar(&flags.check, "check", false, "only say what is wrong with the file")
	f.BoolVar(&flags.DryRun, "dry-run", false, "show the steps and check what can be checked; change nothing")
	f.BoolVar(&flags.Force, "force", false, "go on although a limit forbids it")
	f.BoolVar(&flags.detailed, "detailed-exitcode", false, "exit with 10 when something was changed")
	f.IntVar(&flags.Parallel, "parallel", 1, fmt.Sprintf("how many credentials to work on at once, and so how many hooks may run, from 1 to %d", mostParallel))
	f.DurationVar(&flags.LockTimeout, "lock-timeout", 0, "how long to wait for another run")
	f.BoolVar(&flags.InsecurePerms, "allow-insecure-perms", false, "write to destination files that others can read")
	return withColumns(cmd, policyColumns())
}

func policyColumns() []string {
	return []string{"name", "provider", "id", "due", "changed", "new_id", "state", "retires", "reason"}
}

func (a *app) runPolicy(ctx context.Context, flags policyFlags) error {
	if flags.DryRun {
		a.startDryRun()
	}
	engine, err := a.session.Engine()
	if err != nil {
		return err
	}
	text, err := a.streams.ReadFile(flags.file, "the policy")
	if err != nil {
		return provider.WithClass(provider.ErrUsage, fmt.Errorf("the policy cannot be read: %w", err))
	}
	parsed, err := policy.Parse(engine, flags.file, []byte(text))
	if err != nil {
		return err
	}
	if flags.check {
		a.streams.Remark("%s is a valid policy", flags.file)
		return nil
	}
	results, err := policy.Run(ctx, engine, parsed, flags.Options)
	if results == nil && err != nil { // nothing was looked at
		return err
	}
	perr := a.printPolicy(results, flags.DryRun || errors.Is(err, provider.ErrRefused))
	if err = errors.Join(err, perr); err != nil || !flags.detailed || flags.DryRun {
		return err
	}
	for _, r := range results {
		if r.Changed {
			return exitStatus(changedExit)
		}
	}
	return nil
}

func (a *app) printPolicy(results []policy.Result, planned bool) error {
	if planned && a.forPeople() {
		return a.printPlans(results)
	}
	rows := make([][]string, len(results))
	quiet := a.forPeople() && !a.streams.OutTTY
	for i, r := range results {
		rows[i] = entryRow(r)
		quiet = quiet && !r.Changed && r.Err == nil
	}
	if quiet {
		return nil
	}
	if results == nil {
		results = []policy.Result{}
	}
	return a.printer().Results(policyColumns(), rows, results)
}

func entryRow(r policy.Result) []string {
	yes := map[bool]string{true: "yes", false: "no"}
	return []string{r.Name, r.Provider, r.ID, yes[r.Due], yes[r.Changed], r.NewID, string(r.State), timeCell(r.Retires), strings.TrimSpace(r.Reason + " " + r.Error)}
}

// printPlans shows what a policy would do.
func (a *app) printPlans(results []policy.Result) error {
	var b strings.Builder
	for _, r := range results {
		why := cmp.Or(strings.TrimSpace(r.Reason+" "+r.Error), map[bool]string{true: "due", false: "not due"}[r.Due])
		fmt.Fprintf(&b, "%s: %s\n", visible.Text(r.Name), visible.Text(why))
		if r.Plan != nil {
			b.WriteString(planText(*r.Plan))
		}
	}
	_, err := io.WriteString(a.streams.Out, b.String())
	return err
}
