package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/provider"
)

// configCmd is `credctl config`.
func (a *app) configCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Show and start the configuration"}
	group(cmd)
	cmd.AddCommand(
		a.keyValue(&cobra.Command{
			Use:   "path",
			Short: "Print the path of the configuration file",
			Args:  exact(),
			RunE: func(*cobra.Command, []string) error {
				path, source, err := a.config.FilePath()
				if err != nil {
					return err
				}
				return a.answer([]field{{"path", path}, {"source", source}}, func() error {
					_, err := fmt.Fprintln(a.streams.Out, path)
					return err
				})
			},
		}, "path", "source"),
		withColumns(&cobra.Command{
			Use:   "view",
			Short: "Show every setting and where it comes from; a token shows as " + provider.Redacted,
			Args:  exact(),
			RunE:  func(cmd *cobra.Command, _ []string) error { return a.viewConfig(cmd.Context()) },
		}, viewColumns()),
		a.keyValue(&cobra.Command{
			Use:   "init",
			Short: "Write a configuration file with comments, readable by you alone",
			Args:  exact(),
			RunE:  func(*cobra.Command, []string) error { return a.initConfig() },
		}, "path"),
	)
	return cmd
}

func viewColumns() []string { return []string{"provider", "setting", "value", "source"} }

// viewConfig shows what is in force.
func (a *app) viewConfig(ctx context.Context) error {
	all, err := a.config.View(ctx)
	if err != nil {
		return err
	}
	rows := make([][]string, len(all))
	for i, s := range all {
		rows[i] = []string{s.Vendor, s.Name, s.Value, s.Source}
	}
	return a.printer().Results(viewColumns(), rows, all)
}

func (a *app) initConfig() error {
	path, err := a.config.Create()
	if err != nil {
		return err
	}
	return a.answer([]field{{"path", path}}, a.streams.Remarking("wrote %s", path))
}
