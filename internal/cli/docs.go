package cli

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/help"
	"github.com/credctl/credctl/internal/cli/setup"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
)

// docs writes the documentation of the commands, for packages and for the
// repository. It does not use cobra/doc, whose Markdown parser would make every
// start of the program a tenth slower.
func docs(c *config.Config) *cobra.Command {
	return &cobra.Command{
		Use:       "docs man|markdown|schema DIR",
		Short:     "Write the documentation of all commands",
		Hidden:    true,
		ValidArgs: []string{"man", "markdown", "schema"},
		Args:      syntax.Exact("man|markdown|schema", "DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[1], 0o755); err != nil { //nolint:gosec // G301: pages are for everybody
				return err
			}
			switch args[0] {
			case "man":
				date, err := dateOf(c.Env)
				if err != nil {
					return err
				}
				return help.Write(cmd.Root(), args[1], ".1", help.Manual{Vendors: c.Vendors, Version: setup.BuiltFrom(), Date: date}.Page)
			case "markdown":
				return help.Write(cmd.Root(), args[1], ".md", help.Markdown)
			case "schema":
				schema, err := c.Schema()
				if err != nil {
					return err
				}
				return os.WriteFile(filepath.Join(args[1], "config.schema.json"), schema, 0o644) //nolint:gosec // G306: it is for everybody
			}
			return provider.Hint(provider.Usage("unknown format %q", args[0]), "pass man, markdown or schema")
		},
	}
}

// dateOf returns the date of the pages, which is the same for every build of the
// same source: SOURCE_DATE_EPOCH, or that of the commit. It is zero where neither is known.
func dateOf(env config.Env) (time.Time, error) {
	if date, set, err := env.SourceDate(); set || err != nil {
		return date, err
	}
	if b, ok := debug.ReadBuildInfo(); ok {
		for _, s := range b.Settings {
			if committed, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil {
				return committed, nil
			}
		}
	}
	return time.Time{}, nil
}
