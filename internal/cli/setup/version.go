package setup

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/results"
	"github.com/credctl/credctl/internal/term"
)

// Version is `credctl version`.
func Version(w *results.Writer, streams *term.Streams) *cobra.Command {
	heads := []string{"version", "go", "platform"}
	return keyValue(&cobra.Command{
		Use:   "version",
		Short: "Print the version of credctl",
		Example: `# Print the version
credctl version

# Print it as JSON
credctl version -o json`,
		Args: syntax.Exact(),
		RunE: func(*cobra.Command, []string) error {
			version, platform := BuiltFrom(), runtime.GOOS+"/"+runtime.GOARCH
			return w.Answer(heads, func() error {
				_, err := fmt.Fprintf(streams.Out, "credctl %s (%s, %s)\n", version, runtime.Version(), platform)
				return err
			}, version, runtime.Version(), platform)
		},
	}, w, heads)
}

// BuiltFrom is the version that the build was made from.
func BuiltFrom() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "devel"
}
