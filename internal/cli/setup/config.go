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
	cmd := &cobra.Command{
		Use: "config", Short: "View or change the configuration",
		Example: `  credctl config view
  credctl config set katapult.region uk-lon-1`,
	}
	syntax.Group(cmd)
	cmd.AddCommand(
		configPath(run.Config, run.Results, run.Streams),
		configView(run.Config, run.Results),
		configInit(run.Config, run.Results, run.Streams),
		configSet(run.Config, run.Results, run.Streams),
	)
	return cmd
}

func configPath(c *config.Config, w *results.Writer, streams *term.Streams) *cobra.Command {
	heads := []string{"path", "source"}
	return keyValue(&cobra.Command{
		Use: "path", Short: "Print the configuration file's path", Args: syntax.Exact(),
		Example: `# Print the path
credctl config path

# Look at the file
ls -l "$(credctl config path)"`,
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
		Use: "view", Short: "Show the settings and their sources", Args: syntax.Exact(),
		Long: "Shows every setting that applies, and whether it comes from a flag, a variable, the configuration or\na login. A token is shown as " + provider.Redacted + ".",
		Example: `# Show the settings in use
credctl config view

# Show the settings of a profile as JSON
credctl config view --profile work -o json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := c.View(cmd.Context())
			if err != nil {
				return err
			}
			rows := make([][]string, len(all))
			for i, s := range all {
				rows[i] = []string{s.Vendor, s.Name, s.Value, s.Source}
			}
			return w.Keeping(columns...).Results(columns, rows, all)
		},
	}, columns)
}

func configInit(c *config.Config, w *results.Writer, streams *term.Streams) *cobra.Command {
	heads := []string{"path"}
	return keyValue(&cobra.Command{
		Use: "init", Short: "Write a commented configuration file", Args: syntax.Exact(),
		Example: "  credctl config init\n  credctl config init --config ./credctl.yaml",
		RunE: func(*cobra.Command, []string) error {
			path, err := c.Create()
			if err != nil {
				return err
			}
			return w.Answer(heads, streams.Remarking("Wrote %s", path), path)
		},
	}, w, heads)
}

func configSet(c *config.Config, w *results.Writer, streams *term.Streams) *cobra.Command {
	heads := []string{"setting", "value", "path"}
	return keyValue(&cobra.Command{
		Use: "set KEY VALUE", Short: "Set a value in the configuration", Args: syntax.Exact("KEY", "VALUE"),
		Long: "KEY is VENDOR.SETTING for the current profile, or profiles.NAME.VENDOR.SETTING, with the settings\n" +
			"that `credctl config view` shows; or destinations.SERVICE.SETTING, default_profile, state,\nstate_identity or state_lease. " +
			"Comments and layout of the file stay as they are.",
		Example: "  credctl config set katapult.region uk-lon-1\n  credctl config set destinations.github.host github.example.com",
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return c.Keys(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			key, path, err := c.Set(args[0], args[1])
			if err != nil {
				return err
			}
			return w.Answer(heads, streams.Remarking("Set %s in %s", key, path), key, args[1], path)
		},
	}, w, heads)
}
