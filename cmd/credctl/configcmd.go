package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// configCmd is `credctl config`.
func (a *app) configCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Show and start the configuration"}
	group(cmd)
	cmd.AddCommand(
		a.answering(&cobra.Command{
			Use:   "path",
			Short: "Print the path of the configuration file",
			Args:  exact(),
			RunE: func(*cobra.Command, []string) error {
				path, source, err := a.configPath()
				if err != nil {
					return err
				}
				return a.answer([]fact{{"path", path}, {"source", source}}, func() error {
					_, err := fmt.Fprintln(a.stdout, path)
					return err
				})
			},
		}, "path", "source"),
		recording(&cobra.Command{
			Use:   "view",
			Short: "Show every setting and where it comes from; a token shows as " + provider.Redacted,
			Args:  exact(),
			RunE:  func(cmd *cobra.Command, _ []string) error { return a.viewConfig(cmd.Context()) },
		}, viewColumns()),
		a.answering(&cobra.Command{
			Use:   "init",
			Short: "Write a configuration file with comments, readable by you alone",
			Args:  exact(),
			RunE:  func(*cobra.Command, []string) error { return a.initConfig() },
		}, "path"),
	)
	return cmd
}

func viewColumns() []string { return []string{"provider", "setting", "value", "source"} }

// viewConfig shows what is in force. It runs no command and reads no token.
func (a *app) viewConfig(ctx context.Context) error {
	file, err := a.loadConfig()
	if err != nil {
		return err
	}
	all := []setting{
		{Name: "config", Value: file.path, Source: file.source},
		{Name: "profile", Value: file.profile, Source: cmp.Or(file.profileSource, "unset")},
	}
	for _, p := range a.providers() {
		in := provider.NewInput(p.Settings...)
		s, err := a.look(p, in, "")
		if err != nil {
			return err
		}
		for i := range s.all {
			switch found := &s.all[i]; {
			case !found.hidden():
				err = found.give(ctx, in)
			case found.from < fromNowhere:
				found.Value = provider.Redacted
			case s.trouble != nil && !errors.Is(s.trouble, errNoKeyring):
				found.Source = "unknown"
			}
			if err != nil {
				return err
			}
		}
		all = append(all, s.all...)
		if s.trouble != nil && !errors.Is(s.trouble, errNoKeyring) {
			a.remark("credctl: warning: what is stored for %s cannot be read: %s", p.Name, visible.OneLine(s.trouble.Error()))
		}
	}
	rows := make([][]string, len(all))
	for i, s := range all {
		rows[i] = []string{s.Vendor, s.Name, s.Value, s.Source}
	}
	return a.printer().Results(viewColumns(), rows, all)
}

func (a *app) initConfig() error {
	path, source, err := a.configPath()
	if err != nil {
		return err
	}
	if source == "default" {
		if err := fsafe.Dir(filepath.Dir(path)); err != nil {
			return err
		}
	}
	f, err := fsafe.Create(path, 0o600)
	if err != nil {
		return provider.WithClass(provider.ErrUsage, err)
	}
	_, err = f.WriteString(a.configTemplate())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path)) //nolint:gosec // G703: the user names the file; half of it would be in the way of the next try
	}
	return a.answer([]fact{{"path", path}}, a.remarking("wrote %s", path))
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
			key := settingName(i)
			name, usage := key, strings.ReplaceAll(i.Usage, "`", "")
			if i.From == provider.File {
				name += "_file"
				usage, _, _ = strings.Cut(usage, "; - is standard input") // which is for flags
			}
			fmt.Fprintf(&b, "      #%s:  # %s\n", name, usage)
			if key == tokenKey {
				fmt.Fprintf(&b, "      #%s:  # or from what this command prints, which is run without a shell\n", commandKey)
			}
		}
	}
	return b.String()
}
