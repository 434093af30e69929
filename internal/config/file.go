package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/viper"

	"github.com/credctl/credctl/internal/provider"
)

// A file is the configuration file. This source file is the only one that knows
// viper.
//
//	default_profile: work
//	profiles:
//	  work:
//	    katapult: {org: acme, region: uk-lon-1, token_file: ~/.secrets/katapult}
//	losant: {application: 575ece2b7ae143cd83dc4a9b}   # for every profile
type file struct {
	path, source string
	profiles     []string
	v            *viper.Viper
}

// delimiter joins keys for viper: a name that users choose may hold a full stop.
const delimiter = "::"

func newFile() *file { return &file{v: viper.NewWithOptions(viper.KeyDelimiter(delimiter))} }

// fill takes the values of a checked document.
func (f *file) fill(doc checked) error {
	f.profiles = doc.profiles
	return f.v.MergeConfigMap(doc.values) // viper's own reading would link its parsers of six formats, for one
}

// FilePath returns the path of the configuration file, and what says so.
func (c *Config) FilePath() (path, source string, err error) {
	switch {
	case c.Flags.Path != "":
		return c.Flags.Path, "flag", nil
	case c.Env["CREDCTL_CONFIG"] != "":
		return c.Env["CREDCTL_CONFIG"], "CREDCTL_CONFIG", nil
	}
	dir, err := c.Env.configDir()
	return filepath.Join(dir, "config.yaml"), "default", err
}

// readFile reads and checks the configuration file. Only one that was named must exist.
func (c *Config) readFile() (*file, error) {
	f := newFile()
	path, source, err := c.FilePath()
	if err != nil { // where there is no home, there is no file in it
		return f, nil //nolint:nilerr // see above
	}
	f.path, f.source = path, source
	got, err := c.streams.Read(f.path)
	if errors.Is(err, fs.ErrNotExist) && f.source == "default" {
		return f, nil
	}
	if err != nil {
		return nil, provider.WithClass(provider.ErrUsage, fmt.Errorf("the configuration cannot be read: %w", err))
	}
	doc, err := check(f.path, got.Text, c.Vendors())
	if err != nil {
		return nil, err
	}
	if err := c.checkMode(f.path, got.Info, doc.secretAt); err != nil {
		return nil, err
	}
	if err := f.fill(doc); err != nil {
		return nil, provider.WithClass(provider.ErrUsage, fmt.Errorf("%s: %w", f.path, err))
	}
	return f, nil
}

// checkMode refuses a file in which everybody can say what is run and where
// tokens go, and one that shows a token to others.
func (c *Config) checkMode(path string, info fs.FileInfo, secretAt int) error {
	mode := modeOf(info)
	switch {
	case mode&0o002 != 0:
		return provider.Hint(provider.Usage("%s can be changed by everybody (mode %04o)", path, mode), "run: chmod 600 %s", path)
	case secretAt == 0:
		return nil
	case mode&0o077 != 0:
		return provider.Hint(provider.Usage("%s:%d: there is a token in this file, and others can read it (mode %04o)", path, secretAt, mode), "run: chmod 600 %s", path)
	}
	c.streams.Remark("credctl: warning: %s:%d holds a token itself; token_file or token_command would keep it elsewhere", path, secretAt)
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

// A section is what the file says of one vendor: in a profile, or for all of them.
type section struct {
	file *file
	keys []string
	name string
}

// sections are those that count for a vendor in a profile, the one that wins first.
func (f *file) sections(profile, vendor string) (all []section) {
	if profile != "" {
		all = append(all, section{f, []string{"profiles", profile, vendor}, "profile " + profile})
	}
	return append(all, section{f, []string{vendor}, "configuration"})
}

// get returns the text of a setting; of token_command perhaps a list of texts. Nil is none.
func (s section) get(setting string) any {
	v := s.file.v.Get(strings.Join(append(slices.Clone(s.keys), setting), delimiter))
	if v == "" {
		return nil
	}
	return v
}

// text returns the text of a setting, or "".
func (s section) text(setting string) string {
	text, _ := s.get(setting).(string)
	return text
}
