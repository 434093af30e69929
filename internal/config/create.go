package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

// Create writes a new configuration file in which everything is a comment, and
// returns its path.
func (c *Config) Create() (path string, err error) {
	path, source, err := c.FilePath()
	if err != nil {
		return "", err
	}
	if source == "default" {
		if err := fsafe.Dir(filepath.Dir(path)); err != nil {
			return "", err
		}
	}
	f, err := fsafe.Create(path, 0o600)
	if err != nil {
		return "", provider.WithClass(provider.ErrUsage, err)
	}
	_, err = f.WriteString(template(c.Vendors()))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(path)) //nolint:gosec // G703: the user names the file; half of it would be in the way of the next try
	}
	return path, nil
}

// template is a configuration in which everything is a comment.
func template(vendors []provider.Provider) string {
	var b strings.Builder
	b.WriteString("# Configuration of credctl. Flags and environment variables win over it.\n" +
		"# Keep tokens elsewhere: token_file names a file that holds one, token_command a\n" +
		"# command that prints one, and `credctl auth login` stores one in the keyring.\n\n" +
		"#default_profile: default\n\nprofiles:\n  default:\n")
	for _, p := range vendors {
		fmt.Fprintf(&b, "    # %s\n    %s:\n      #base_url: %s\n", p.Title, p.Name, p.BaseURL)
		for _, param := range p.Settings {
			i := param.Info()
			key := SettingName(i)
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
