// Credctl manages the credentials that several vendors issue, with one set of verbs.
package main

import (
	"context"
	"io"
	"os"

	"github.com/credctl/credctl/internal/cli"
	"github.com/credctl/credctl/internal/katapult"
	"github.com/credctl/credctl/internal/losant"
	"github.com/credctl/credctl/internal/medianova"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/stratum"
	"github.com/credctl/credctl/internal/term"
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
	os.Exit(run(term.Interruptible(), os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// run is the program. It returns the exit status.
func run(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return cli.Execute(ctx, cli.New(providers, env, stdin, stdout, stderr), args)
}
