// Credctl manages the credentials that several vendors issue, with one set of verbs.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/credctl/credctl/internal/katapult"
	"github.com/credctl/credctl/internal/losant"
	"github.com/credctl/credctl/internal/medianova"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/stratum"
)

// providers returns every vendor that credctl knows. A new one is a folder and a line here.
func providers() []provider.Provider {
	return []provider.Provider{
		medianova.Provider(),
		katapult.Provider(),
		losant.Provider(),
		stratum.Provider(),
	}
}

// repeated is how long the same interrupt may come again: timeout(1) signals a
// process and then its group, and a terminal a whole pipeline.
const repeated = 200 * time.Millisecond

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() { // a second interrupt ends the program at once
		time.Sleep(repeated)
		stop()
	})
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // a broken pipe is an error of the write: what was on its way may be a secret
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// run is the program. It returns the exit status.
func run(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := newApp(env, stdin, stdout, stderr)
	root := a.rootCmd(args)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	return a.exit(ctx, cmd, err)
}
