package rotations

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/call"
	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/redelivery"
)

// Deliver is `credctl deliver`, with a command for each vendor, and below it one for each
// further kind that has secrets. Unless it is full, it is only what the help of its
// parent shows.
func Deliver(run *invocation.Invocation, full bool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "deliver", Short: "Deliver a secret again",
		Long: `Deliver the secret of an existing credential to destinations, without rotating it. The
secret is the one that an unfinished rotation holds, that another destination still
holds, or that you pass with --secret-file. credctl verifies it first.`,
		Example: `# Deliver a secret from standard input
credctl deliver katapult --name backup --secret-file - --to file:key <secret

# Show what would be done
credctl deliver katapult --name backup --secret-file secret \
  --to file:new.key --dry-run`,
	}
	syntax.Group(cmd)
	if !full {
		return cmd
	}
	for _, p := range run.Config.Vendors() {
		var of *cobra.Command
		for _, k := range p.Kinds {
			if len(k.Issues) == 0 {
				continue
			}
			if of == nil {
				of = deliverOf(run, p, k, p.Name)
				cmd.AddCommand(of)
			} else {
				of.AddCommand(deliverOf(run, p, k, k.Name))
			}
		}
	}
	return cmd
}

// A delivery is one run of `credctl deliver`.
type delivery struct {
	call   *call.Call
	q      redelivery.Request
	hook   rotation.Hook
	wait   time.Duration
	dryRun bool
}

// deliverOf is `credctl deliver VENDOR`, for a kind of the vendor.
func deliverOf(run *invocation.Invocation, p provider.Provider, k provider.Kind, name string) *cobra.Command {
	base := ""
	d := &delivery{call: &call.Call{Run: run, Provider: p, Kind: k, Verb: provider.Get, Settings: provider.NewInput(p.Settings...), BaseURL: &base}}
	var cmd *cobra.Command
	cmd = d.call.Command(call.Spec{
		Name: "deliver", Operands: " [ID]", Short: "Deliver the %s secret again", Args: syntax.AtMostOne("ID"),
		Flags: func(cmd *cobra.Command) {
			f := cmd.Flags()
			f.StringVar(&base, "base-url", "", fmt.Sprintf("`URL` of the API (default %s)", p.BaseURL))
			run.Flags.Add(f, d.call.Settings, p.Settings)
			f.StringVar(&run.Results.SecretFile, "secret-file", "", "`file` with the secret (- is stdin)")
			f.StringVar(&d.q.Key, "key", "", "access key `ID` that belongs to --secret-file")
			f.StringVar(&d.q.Verify, "verify", "auto", "how to verify: auto, none or exec:`CMD`")
			f.StringVar(&d.hook.Line, "hook", "", "shell `command` to run after delivery")
			f.BoolVar(&d.hook.Stdin, "hook-stdin", false, "pass the credential to the hook as JSON")
			f.DurationVar(&d.wait, "lock-timeout", 0, "longest wait for another run to finish")
			f.BoolVar(&d.dryRun, "dry-run", false, "show the steps, change nothing")
			call.AddDelivery(cmd, run.Schemes(), &d.q.To, &d.q.InsecurePerms)
			f.Lookup("to").Usage = "`destination` of the secret, such as file:PATH; repeatable"
			syntax.WithColumns(cmd, resultColumns())
		},
		Check: func(ids []string) error { return d.check(cmd, ids) },
		Do: func(ctx context.Context, svc provider.Service, ids []string) error {
			if len(ids) == 0 {
				return provider.Usage("deliver takes one ID, and there is none on standard input")
			}
			return d.carryOut(ctx, svc, ids[0])
		},
	})
	do := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return exit.About{Group: "deliver"}.Wrap(do(cmd, args)) // whose commands are the vendors
	}
	cmd.Use, cmd.Example = name+" [ID]", deliverExamples(setting.Path(p, k), k.Examples[provider.Get])
	return cmd
}

// deliverExamples are made of the example of get that selects by name. No example has a
// secret that works.
func deliverExamples(path, get string) string {
	for line := range strings.Lines(get) {
		if _, name, found := strings.Cut(strings.TrimSpace(line), " get --name "); found {
			line = fmt.Sprintf("echo example-secret | credctl deliver %s --name %s \\\n  --secret-file - --verify none --to file:copy.key", path, name)
			return "# Deliver a secret from standard input, without verification\n" + line + "\n\n# Show what would be done\n" + line + " --dry-run"
		}
	}
	return ""
}

// check finds what is wrong with the command line, and reads the secret.
func (d *delivery) check(cmd *cobra.Command, ids []string) error {
	run := d.call.Run
	if len(ids) > 1 {
		return provider.Usage("deliver takes one ID, and %d were given", len(ids))
	}
	if len(d.q.To) == 0 {
		return syntax.MissingFlags(cmd, "--to")
	}
	if file := run.Results.SecretFile; file != "" {
		text, err := run.Streams.ReadSecret(cmd.Context(), file, "--secret-file")
		if err != nil {
			return provider.WithClass(provider.ErrUsage, err)
		}
		if text == "" {
			return provider.Usage("--secret-file: %s is empty", file)
		}
		d.q.Secret = provider.NewSecret(text)
	} else if d.q.Key != "" {
		return provider.Hint(provider.Usage("--key needs the secret that belongs to it"), "pass --secret-file")
	}
	if d.dryRun {
		run.StartDryRun()
	}
	d.q.Hook, d.q.LockTimeout = d.hook, d.wait
	return nil
}

func (d *delivery) carryOut(ctx context.Context, svc provider.Service, id string) error {
	engine, err := engineOf(d.call)
	if err != nil {
		return err
	}
	d.q.Subject, d.q.Service = d.call.Run.Session.Subject(d.call.Account(), d.call.Kind, id, provider.Input{}), svc
	if d.dryRun {
		plan, err := rotation.PlanDelivery(ctx, engine, d.q)
		if len(plan.Checks) == 0 {
			return call.Absent(d.call, id, err)
		}
		return errors.Join(err, showPlans(d.call.Run, []rotation.Plan{plan}, false))
	}
	report := newReport(d.call.Run)
	report.again = true
	result, err := rotation.Deliverer(engine).Deliver(ctx, d.q)
	err = call.Absent(d.call, id, err)
	if err == nil || report.tells(result) {
		err = errors.Join(err, report.add(result))
	}
	return errors.Join(err, report.print(true))
}
