// Credctl manages the credentials that several vendors issue, with one set of verbs.
package main

import (
	"context"
	"io"
	"os"
	"sync"
	"time"

	"github.com/credctl/credctl/internal/cli"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/awssm"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/deliver/github"
	"github.com/credctl/credctl/internal/deliver/gitlab"
	"github.com/credctl/credctl/internal/deliver/kubernetes"
	"github.com/credctl/credctl/internal/deliver/sops"
	"github.com/credctl/credctl/internal/deliver/systemdcreds"
	"github.com/credctl/credctl/internal/deliver/vault"
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

// destinations returns every sort of destination that is not a file or a vendor. A
// new one is a folder and a line here.
func destinations(s *entry.Sessions) []deliver.Scheme {
	return []deliver.Scheme{
		github.Repository(s),
		github.Organization(s),
		gitlab.Project(s),
		gitlab.Group(s),
		vault.Scheme(s),
		kubernetes.Scheme(s),
		awssm.Scheme(s),
		sops.Scheme(),
		systemdcreds.Scheme(),
	}
}

func main() {
	os.Exit(run(term.Interruptible(os.Exit), os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// run is the program. It returns the exit status.
func run(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	servers := &entry.Sessions{}
	schemes := sync.OnceValue(func() []deliver.Scheme { return destinations(servers) })
	invocation := cli.New(sync.OnceValue(providers), schemes, env, stdin, stdout, stderr)
	status := cli.Execute(ctx, invocation, args)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second) // an interrupted run logs out, too
	defer cancel()
	if err := servers.Close(ctx); err != nil {
		invocation.Streams.Remark("Could not revoke a token that credctl logged in with: %v", err)
		invocation.Streams.WriteRemarks()
	}
	return status
}
