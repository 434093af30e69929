// Credctl manages the credentials that several vendors issue, with one set of verbs.
package main

import (
	"context"
	"io"
	"os"
	"sync"

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

func main() {
	ctx := lazyContext(sync.OnceValue(listen))
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// run is the program. It returns the exit status.
func run(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return newApp(env, stdin, stdout, stderr).execute(ctx, args)
}

func (a *app) execute(ctx context.Context, args []string) int {
	a.args, a.interrupted = args, ctx.Done
	root := a.rootCmd(args)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	return a.exit(ctx, cmd, err)
}
