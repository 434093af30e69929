package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is what the build was made from.
func version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	return "devel"
}

func (a *app) versionCmd() *cobra.Command {
	return a.keyValue(&cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  exact(),
		RunE: func(*cobra.Command, []string) error {
			platform := runtime.GOOS + "/" + runtime.GOARCH
			return a.answer([]field{{"version", version()}, {"go", runtime.Version()}, {"platform", platform}}, func() error {
				_, err := fmt.Fprintf(a.streams.Out, "credctl %s (%s, %s)\n", version(), runtime.Version(), platform)
				return err
			})
		},
	}, "version", "go", "platform")
}
