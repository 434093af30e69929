package setup

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/release"
	"github.com/credctl/credctl/internal/session"
)

// Version is `credctl version`.
func Version(run *invocation.Invocation) *cobra.Command {
	var check bool
	heads := []string{"version", "go", "platform", "latest", "newer", "url"} // the last three with --check
	cmd := keyValue(&cobra.Command{
		Use:   "version",
		Short: "Print the version of credctl",
		Long: `Prints the version of credctl. With --check, it also asks GitHub for the newest release. credctl
never does so without --check. The request contains nothing about you, not even your version.

The exit status is 0 whether or not a newer release exists. With -o json, "newer" is true or
false; a build without a version leaves it out.`,
		Example: `# Print the version
credctl version

# Print it as JSON
credctl version -o json`,
		Args: syntax.Exact(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var newest release.Release
			var newer any = ""
			platform, more := runtime.GOOS+"/"+runtime.GOARCH, ""
			if check {
				ctx, cancel := run.Limit(cmd)
				defer cancel()
				conn, err := session.Outside(run.Session, release.Server)
				if err == nil {
					newest, err = release.Latest(ctx, conn)
				}
				if err != nil {
					return err
				}
				newer, more = newest.Compare(run.Version)
			}
			return run.Results.Answer(heads, func() error {
				_, err := fmt.Fprintf(run.Streams.Out, "credctl %s (%s, %s)\n%s", run.Version, runtime.Version(), platform, more)
				return err
			}, run.Version, runtime.Version(), platform, newest.Version, newer, newest.URL)
		},
	}, run.Results, heads)
	cmd.Flags().BoolVar(&check, "check", false, "ask GitHub for the newest release")
	return cmd
}

// BuiltFrom is the version that the build was made from.
func BuiltFrom() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "devel"
}
