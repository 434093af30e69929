// Command typecheck says what does not compile on other systems: it reads the packages in
// the current folder and below, their tests, and all that they import, as the compiler
// would for each system. It takes a fraction of the time, because it makes no code.
package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	failed := false
	for _, system := range os.Args[1:] {
		goos, goarch, _ := strings.Cut(system, "/")
		all, err := packages.Load(&packages.Config{
			Mode:  packages.LoadAllSyntax,
			Tests: true,
			Env:   append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0"),
		}, "./...")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if packages.PrintErrors(all) > 0 {
			fmt.Fprintln(os.Stderr, "these are errors for", system)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
