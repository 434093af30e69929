// Package cli is the command line of credctl: the tree of commands, and how a run
// of it ends.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/setup"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/exit"
	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/term"
)

// New returns a run of the program with these vendors and destinations, this
// environment and these streams.
func New(vendors config.Vendors, destinations func() []deliver.Scheme, env []string, stdin io.Reader, stdout, stderr io.Writer) *invocation.Invocation {
	return invocation.New(vendors, destinations, setup.BuiltFrom(), env, stdin, stdout, stderr)
}

// Execute runs the command that args name, reports its error, once and here only,
// and returns the exit status.
func Execute(ctx context.Context, run *invocation.Invocation, args []string) int {
	run.Streams.Follow(ctx)
	root := Root(run, args)
	root.SetArgs(args)
	misnamed := refuseHelp(root)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = misnamed()
	}
	run.Streams.EndStatus()
	status, silent := errors.AsType[exit.Silent](err)
	if err == nil || silent {
		run.Streams.WriteRemarks()
		return int(status)
	}
	if term.OnlyReaderGone(err) {
		return 141
	}
	about := exit.AboutOf(err)
	if about == (exit.About{}) {
		about = aboutCommand(cmd, run.Config.Vendors.Names())
	}
	o := about.Object(err)
	o.Hint = sameAccount(run, cmd, o.Hint)
	if ctx.Err() != nil { // whatever failed, the run was interrupted
		o.Code, o.Exit = "interrupted", 130
	}
	if run.Results.ForPrograms() || asksJSON(args) {
		o.Notes = run.Streams.TakeRemarks()
		e := json.NewEncoder(run.Streams.Err)
		e.SetEscapeHTML(false)
		_ = e.Encode(map[string]exit.Object{"error": o})
		return o.Exit
	}
	if about.Verb == "" { // the message names the command
		about.Provider = ""
	}
	if strings.HasPrefix(o.Message, about.ID+" ") { // the ID is said once
		about.ID = ""
	}
	run.Streams.Line("credctl: %s%s", about.Prefix(), o.Message)
	if o.Hint != "" {
		run.Streams.Line("hint: %s", o.Hint)
	}
	return o.Exit
}

// refuseHelp makes root show no help for a command that does not exist. misnamed returns
// the error of such a one.
func refuseHelp(root *cobra.Command) (misnamed func() error) {
	var err error
	show := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if words := cmd.Flags().Args(); len(words) > 0 && syntax.IsGroup(cmd) {
			err = cmd.RunE(cmd, words)
			return
		}
		show(cmd, args)
	})
	return func() error { return err }
}

// aboutCommand says what cmd was to do at which vendor, for an error that came
// before it began.
func aboutCommand(cmd *cobra.Command, vendors []string) exit.About {
	words := strings.Fields(cmd.CommandPath())[1:]
	if len(words) > 0 && slices.Contains(vendors, words[0]) {
		return exit.About{Provider: words[0], Verb: strings.Join(words[1:], " ")}
	}
	return exit.About{}
}

// asksJSON reports whether args ask for JSON. It is for those that could not be
// parsed: a program that reads errors as JSON does not know why there is one.
func asksJSON(args []string) bool {
	for i, arg := range args {
		name, value, joined := strings.Cut(arg, "=")
		if !joined && i+1 < len(args) {
			value = args[i+1]
		}
		switch {
		case arg == "--":
			return false
		case name == "--jq", (name == "-o" || name == "--output") && output.AsksJSON(value), strings.HasPrefix(arg, "-o") && output.AsksJSON(arg[2:]):
			return true
		}
	}
	return false
}
