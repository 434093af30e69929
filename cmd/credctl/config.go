package main

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

// A configFile is the configuration file. This file is the only one that knows
// viper, and nothing below this floor reads configuration.
//
//	default_profile: work
//	profiles:
//	  work:
//	    katapult: {org: acme, region: uk-lon-1, token_file: ~/.secrets/katapult}
//	losant: {application: 575ece2b7ae143cd83dc4a9b}   # for every profile
type configFile struct {
	path, source string
	profiles     []string
	v            *viper.Viper
}

func newConfigFile() *configFile {
	return &configFile{v: viper.NewWithOptions(viper.KeyDelimiter(delimiter))}
}

// A config is the configuration as one profile sees it.
type config struct {
	*configFile
	profile, profileSource string // "": there is none
}

// delimiter joins keys for viper: a name that users choose may hold a full stop.
const delimiter = "::"

// configPath returns where the configuration is, and what says so.
func (a *app) configPath() (path, source string, err error) {
	switch {
	case a.global.config != "":
		return a.global.config, "flag", nil
	case a.env["CREDCTL_CONFIG"] != "":
		return a.env["CREDCTL_CONFIG"], "CREDCTL_CONFIG", nil
	}
	dir, err := a.configDir()
	return filepath.Join(dir, "config.yaml"), "default", err
}

// readConfig reads and checks the configuration file, which is done once in a
// run. Only one that was named must exist.
func (a *app) readConfig() (*configFile, error) {
	f := newConfigFile()
	path, source, err := a.configPath()
	if err != nil { // where there is no home, there is no file in it
		return f, nil //nolint:nilerr // see above
	}
	f.path, f.source = path, source
	got, err := a.readWhole(f.path)
	if errors.Is(err, fs.ErrNotExist) && f.source == "default" {
		return f, nil
	}
	if err != nil {
		return nil, provider.WithClass(provider.ErrUsage, fmt.Errorf("the configuration cannot be read: %w", err))
	}
	doc, err := checkConfig(f.path, got.text, a.providers())
	if err != nil {
		return nil, err
	}
	if err := a.checkConfigMode(f.path, got.info, doc.secretAt); err != nil {
		return nil, err
	}
	f.profiles = doc.profiles
	// Viper's own reading would link its parsers of six formats, for one.
	if err := f.v.MergeConfigMap(doc.values); err != nil {
		return nil, provider.WithClass(provider.ErrUsage, fmt.Errorf("%s: %w", f.path, err))
	}
	return f, nil
}

// checkConfigMode refuses a file in which everybody can say what is run and where
// tokens go, and one that shows a token to others.
func (a *app) checkConfigMode(path string, info fs.FileInfo, secretAt int) error {
	mode := modeOf(info)
	switch {
	case mode&0o002 != 0:
		return provider.Hint(provider.Usage("%s can be changed by everybody (mode %04o)", path, mode), "run: chmod 600 %s", path)
	case secretAt == 0:
		return nil
	case mode&0o077 != 0:
		return provider.Hint(provider.Usage("%s:%d: there is a token in this file, and others can read it (mode %04o)", path, secretAt, mode), "run: chmod 600 %s", path)
	}
	a.remark("credctl: warning: %s:%d holds a token itself; token_file or token_command would keep it elsewhere", path, secretAt)
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

// loadConfig returns the configuration as the profile of this run sees it. A
// profile that was named must be there.
func (a *app) loadConfig() (*config, error) {
	f, err := a.configFile()
	if err != nil {
		return nil, err
	}
	c := &config{configFile: f}
	switch {
	case a.profile != nil:
		c.profile, c.profileSource = *a.profile, "rotation"
	case a.global.profile != "":
		c.profile, c.profileSource = a.global.profile, "flag"
	case a.env["CREDCTL_PROFILE"] != "":
		c.profile, c.profileSource = a.env["CREDCTL_PROFILE"], "CREDCTL_PROFILE"
	case f.v.GetString(defaultProfileKey) != "":
		c.profile, c.profileSource = f.v.GetString(defaultProfileKey), "configuration"
	case slices.Contains(f.profiles, "default"):
		c.profile, c.profileSource = "default", "default"
	}
	if c.profile == "" || slices.Contains(f.profiles, c.profile) {
		return c, nil
	}
	err = provider.Usage("there is no profile %q in %s", c.profile, f.path)
	if near := provider.Closest(c.profile, f.profiles); near != "" {
		return nil, provider.Hint(err, "did you mean %q?", near)
	}
	if len(f.profiles) > 0 {
		return nil, provider.Hint(err, "there are %s", strings.Join(f.profiles, ", "))
	}
	return nil, err
}

// A section is what the file says of one vendor: in the profile, or for all of them.
type section struct {
	file *configFile
	keys []string
	name string
}

// sections are those that count for a vendor, the one that wins first.
func (c *config) sections(vendor string) (all []section) {
	if c.profile != "" {
		all = append(all, section{c.configFile, []string{"profiles", c.profile, vendor}, "profile " + c.profile})
	}
	return append(all, section{c.configFile, []string{vendor}, "configuration"})
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
