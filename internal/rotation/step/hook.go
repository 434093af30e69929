package step

import (
	"context"
	"fmt"
	"os/exec"
	"strings"

	"github.com/credctl/credctl/internal/command"
	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

func describeHook(r *run.Run) []string {
	return Line(!r.Op.Options.Hook.IsZero(), "run %s", r.Op.Options.Hook)
}

// checkHook checks that the hook can be run, as far as that can be known.
func checkHook(ctx context.Context, r *run.Run) []Check {
	h := r.Op.Options.Hook
	if r.Op.Hooked || h.IsZero() {
		return nil
	}
	var err error
	if h.Line != "" {
		err = command.Check(ctx, h.Line, r.CommandEnv(r.Op.Old))
	} else if _, missing := exec.LookPath(h.Args[0]); missing != nil {
		err = provider.Usage("program %q not found", h.Args[0])
	}
	if err != nil {
		return []Check{Checked("run "+h.String(), fmt.Errorf("cannot run the hook: %w", err))}
	}
	return []Check{Checked("find the command of the hook: "+h.String(), nil)}
}

// runHook runs the hook. It runs again where it, or this process right after it, was
// killed.
func runHook(ctx context.Context, r *run.Run) error {
	if r.Op.Options.Hook.IsZero() {
		return r.Append(oplog.StepHooked, oplog.Event{How: oplog.NoHook})
	}
	if err := r.Append(oplog.StepHooking, oplog.Event{}); err != nil {
		return err
	}
	if err := CallHook(ctx, r, r.Credential()); err != nil {
		err = fmt.Errorf("%s was delivered, but the hook failed: %w", r.Op.New.ID, err)
		if ctx.Err() == nil {
			err = provider.Reclassify(provider.ErrPartial, err)
		}
		return provider.Hint(err, "after fixing this, run the same command again, or: credctl rotation resume %s", r.Op.ID)
	}
	r.Say("Ran the hook: %s", r.Op.Options.Hook)
	return r.Append(oplog.StepHooked, oplog.Event{})
}

// CallHook runs the hook for the credential that is in use now. The
// secret is passed on its standard input alone, and only where that was asked for.
func CallHook(ctx context.Context, r *run.Run, c provider.Credential) error {
	h := r.Op.Options.Hook
	r.Report(run.Notice{Subject: r.Op.Subject, Text: "Running the hook: " + h.String(), Doing: true})
	p := command.Program{Args: h.Args, Secret: c.Secret, Limit: command.Limit}
	if h.Line != "" {
		p.Args = command.Shell(h.Line)
	}
	if h.Stdin {
		bare := oplog.Bare(c)
		bare.Secret = c.Secret
		var err error
		if p.Stdin, err = bare.RevealJSON(); err != nil {
			return err
		}
	}
	p.Env = append(r.CommandEnv(c),
		command.OldID+"="+r.Op.Subject.ID, command.NewID+"="+r.Op.New.ID, command.Operation+"="+r.Op.ID,
		command.Destinations+"="+strings.Join(r.Op.Options.To, "\n"))
	if err := pace.Held(ctx); err != nil {
		return err
	}
	r.Hit("hook.running")
	defer r.Hit("hook.ran")
	return p.Run(ctx)
}
