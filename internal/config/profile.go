package config

import (
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/config/configfile"
	"github.com/credctl/credctl/internal/provider"
)

// A Profile is the one that counts, and what says so. Without a name there is none.
type Profile struct{ Name, Source string }

// Profiles returns the names of the profiles in the configuration file.
func (c *Config) Profiles() ([]string, error) {
	f, err := c.file()
	if err != nil {
		return nil, err
	}
	return f.Profiles, nil
}

// Profile returns the profile of this name, and that of the run when there is no
// name. One that is named must be there.
func (c *Config) Profile(name *string) (Profile, error) {
	f, err := c.file()
	if err != nil {
		return Profile{}, err
	}
	p := c.choose(f, name)
	if p.Name == "" || slices.Contains(f.Profiles, p.Name) {
		return p, nil
	}
	path, _, _ := c.FilePath()
	err = provider.Usage("there is no profile %q in %s", p.Name, path)
	if near := provider.Closest(p.Name, f.Profiles); near != "" {
		return p, provider.Hint(err, "did you mean %q?", near)
	}
	if len(f.Profiles) > 0 {
		return p, provider.Hint(err, "there are %s", strings.Join(f.Profiles, ", "))
	}
	return p, err
}

func (c *Config) choose(f *configfile.File, name *string) Profile {
	switch byDefault := f.DefaultProfile(); {
	case name != nil:
		return Profile{*name, "rotation"}
	case c.Flags.Profile != "":
		return Profile{c.Flags.Profile, "flag"}
	case c.Env["CREDCTL_PROFILE"] != "":
		return Profile{c.Env["CREDCTL_PROFILE"], "CREDCTL_PROFILE"}
	case byDefault != "":
		return Profile{byDefault, "configuration"}
	case slices.Contains(f.Profiles, "default"):
		return Profile{"default", "default"}
	}
	return Profile{}
}
