package main

import (
	"context"
	"io"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/session"
	"github.com/credctl/credctl/internal/term"
)

// An app is what the commands of one run share.
type app struct {
	args    []string
	streams *term.Streams
	config  *config.Config
	session *session.Session

	global globals
	format output.Format // of global.output, global.jq and global.columns

	unread []func() error // what reads the files of flags, once all flags are known

	failed failure // what an error is about
	dryRun *dryRun // nil: it is none
}

// globals are the flags about results that every command has.
type globals struct {
	output     string
	jq         string
	columns    []string
	noHeaders  bool
	showSecret bool
	secretFile string
}

// A failure says what was being done when an error arose, for its message.
type failure struct{ provider, verb, id string }

func newApp(env []string, stdin io.Reader, stdout, stderr io.Writer) *app {
	a := &app{streams: term.New(stdin, stdout, stderr)}
	a.config = config.New(config.NewEnv(env), providers, a.streams)
	a.session = session.New(a.config, a.streams, "credctl/"+version(), exitOf)
	return a
}

// execute runs the command that args name, and returns the exit status.
func (a *app) execute(ctx context.Context, args []string) int {
	a.args, a.streams.Interrupted = args, ctx.Done
	root := a.rootCmd(args)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	return a.exit(ctx, cmd, err)
}
