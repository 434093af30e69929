package setup

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/cli/syntax"
	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/results"
	"github.com/credctl/credctl/internal/term"
)

// Config is `credctl config`.
func Config(run *invocation.Invocation) *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Show and start the configuration"}
	syntax.Group(cmd)
	cmd.AddCommand(
		configPath(run.Config, run.Results, run.Streams),
		configView(run.Config, run.Results),
		configInit(run.Config, run.Results, run.Streams),
	)
	return cmd
}

func configPath(c *config.Config, w *results.Writer, streams *term.Streams) *cobra.Command {
	heads := []string{"path", "source"}
	return keyValue(&cobra.Command{
		Use:   "path",
		Short: "Print the path of the configuration file",
		Args:  syntax.Exact(),
		RunE: func(*cobra.Command, []string) error {
			path, source, err := c.FilePath()
			if err != nil {
				return err
			}
			return w.Answer(heads, func() error {
				_, err := fmt.Fprintln(streams.Out, path)
				return err
			}, path, source)
		},
	}, w, heads)
}

func configView(c *config.Config, w *results.Writer) *cobra.Command {
	columns := []string{"provider", "setting", "value", "source"}
	return syntax.WithColumns(&cobra.Command{
		Use:   "view",
		Short: "Show every setting and where it comes from; a token shows as " + provider.Redacted,
		Args:  syntax.Exact(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := c.View(cmd.Context())
			if err != nil {
				return err
			}
			rows := make([][]string, len(all))
			for i, s := range all {
				rows[i] = []string{s.Vendor, s.Name, s.Value, s.Source}
			}
			return w.Printer().Results(columns, rows, all)
		},
	}, columns)
}

func configInit(c *config.Config, w *results.Writer, streams *term.Streams) *cobra.Command {
	heads := []string{"path"}
	return keyValue(&cobra.Command{
		Use:   "init",
		Short: "Write a configuration file with comments, readable by you alone",
		Args:  syntax.Exact(),
		RunE: func(*cobra.Command, []string) error {
			path, err := c.Create()
			if err != nil {
				return err
			}
			return w.Answer(heads, streams.Remarking("wrote %s", path), path)
		},
	}, w, heads)
}
