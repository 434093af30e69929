package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

// configCmd is `credctl config`.
func (a *app) configCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Show and start the configuration"}
	group(cmd)
	cmd.AddCommand(
		&cobra.Command{
			Use:   "path",
			Short: "Print the path of the configuration file",
			Args:  exact(),
			RunE: func(*cobra.Command, []string) error {
				file, err := a.loadConfig()
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(a.stdout, file.path)
				return err
			},
		},
		&cobra.Command{
			Use:   "view",
			Short: "Show every setting and where it comes from; a token shows as " + provider.Redacted,
			Args:  exact(),
			RunE:  func(*cobra.Command, []string) error { return a.viewConfig() },
		},
		&cobra.Command{
			Use:   "init",
			Short: "Write a configuration file with comments, readable by you alone",
			Args:  exact(),
			RunE:  func(*cobra.Command, []string) error { return a.initConfig() },
		},
	)
	return cmd
}

func (a *app) viewConfig() error {
	var all []setting
	for _, p := range a.providers() {
		_, found, err := a.settle(p, provider.NewInput(p.Settings...), "")
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	rows := make([][]string, len(all))
	for i, s := range all {
		rows[i] = []string{s.Vendor, s.Name, s.Value, s.Source}
	}
	return a.printer().Records([]string{"provider", "setting", "value", "source"}, rows, all)
}

func (a *app) initConfig() error {
	file, err := a.loadConfig()
	if err != nil {
		return err
	}
	if err := fsafe.Dir(a.configDir()); err != nil && a.global.config == "" {
		return err
	}
	f, err := fsafe.Create(file.path, 0o600)
	if err != nil {
		return provider.As(provider.ErrUsage, err)
	}
	if _, err := f.WriteString(a.configTemplate()); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	a.remark("wrote %s", file.path)
	return nil
}

// configTemplate is a configuration in which everything is a comment.
func (a *app) configTemplate() string {
	var b strings.Builder
	b.WriteString("# Configuration of credctl. Flags and environment variables win over it.\n" +
		"# Keep tokens elsewhere: token_file names a file that holds one, token_command a\n" +
		"# command that prints one, and `credctl auth login` stores one in the keyring.\n\n" +
		"#default_profile: default\n\nprofiles:\n  default:\n")
	for _, p := range a.providers() {
		fmt.Fprintf(&b, "    # %s\n    %s:\n      #base_url: %s\n", p.Title, p.Name, p.BaseURL)
		for _, param := range p.Settings {
			i := param.Info()
			name := settingName(i)
			if i.From == provider.File {
				name += "_file"
			}
			fmt.Fprintf(&b, "      #%s:  # %s\n", name, strings.ReplaceAll(i.Usage, "`", ""))
		}
	}
	return b.String()
}
