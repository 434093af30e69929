package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/credctl/credctl/internal/config/configfile"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

// FilePath returns the path of the configuration file, and what says so.
func (c *Config) FilePath() (path, source string, err error) {
	switch {
	case c.Flags.Path != "":
		return c.Flags.Path, "flag", nil
	case c.Env["CREDCTL_CONFIG"] != "":
		return c.Env["CREDCTL_CONFIG"], "CREDCTL_CONFIG", nil
	}
	dir, err := c.Env.configDir()
	if err != nil {
		return "", "", err
	}
	return filepath.Join(dir, "config.yaml"), "default", nil
}

// readFile reads and checks the configuration file. Only one that was named must exist.
func (c *Config) readFile() (*configfile.File, error) {
	path, source, err := c.FilePath()
	if err != nil { // where there is no home, there is no file in it
		return configfile.Empty(), nil //nolint:nilerr // see above
	}
	got, err := c.streams.Read(path)
	if errors.Is(err, fs.ErrNotExist) && source == "default" {
		return configfile.Empty(), nil
	}
	if err != nil {
		return nil, provider.WithClass(provider.ErrUsage, fmt.Errorf("the configuration cannot be read: %w", err))
	}
	f, err := configfile.Parse(path, got.Text, c.Vendors())
	if err != nil {
		return nil, err
	}
	return f, checkMode(c.streams, path, got.Info, f.SecretLine)
}

// checkMode refuses a file in which everybody can say what is run and where
// tokens go, and one that shows a token to others.
func checkMode(streams *term.Streams, path string, info fs.FileInfo, secretAt int) error {
	mode := modeOf(info)
	switch {
	case mode&0o002 != 0:
		return provider.Hint(provider.Usage("%s can be changed by everybody (mode %04o)", path, mode), "run: chmod 600 %s", path)
	case secretAt == 0:
		return nil
	case mode&0o077 != 0:
		return provider.Hint(provider.Usage("%s:%d: there is a token in this file, and others can read it (mode %04o)", path, secretAt, mode), "run: chmod 600 %s", path)
	}
	streams.Remark("credctl: warning: %s:%d holds a token itself; token_file or token_command would keep it elsewhere", path, secretAt)
	return nil
}

// modeOf returns who may do what with a file, by its mode. That counts for files
// on Unix; of anything else it tells nothing.
func modeOf(info fs.FileInfo) fs.FileMode {
	if filepath.Separator != '/' || !info.Mode().IsRegular() {
		return 0
	}
	return info.Mode().Perm()
}

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
	_, err = f.WriteString(configfile.Template(c.Vendors()))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(path)) // half of it would be in the way of the next try
	}
	return path, nil
}
