package userfile

import (
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/config/configfile"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/quote"
)

// First is the profile of a setting that is stored where no profile applies.
const First = "default"

// A ProfileSet has the profiles of a configuration file.
type ProfileSet struct{ *File }

// A Profile is the one that applies, and what selects it. Name is "" where none does.
type Profile struct{ Name, Source string }

// Profiles returns the names of the profiles in the configuration file.
func (p *ProfileSet) Profiles() ([]string, error) {
	f, err := p.Load()
	if err != nil {
		return nil, err
	}
	return f.Profiles, nil
}

// Profile returns the profile with this name, or that of the run if name is nil. A
// profile that is named must exist.
func (p *ProfileSet) Profile(name *string) (Profile, error) {
	f, err := p.Load()
	if err != nil {
		return Profile{}, err
	}
	chosen := p.choose(f, name)
	if chosen.Name == "" || slices.Contains(f.Profiles, chosen.Name) {
		return chosen, nil
	}
	return chosen, p.noProfile(f, chosen.Name)
}

// noProfile is the error for a profile that does not exist.
func (p *ProfileSet) noProfile(f *configfile.File, name string) error {
	path, _, _ := p.FilePath()
	err := provider.Usage("no profile %q in %s", name, path)
	if near := provider.Closest(name, f.Profiles); near != "" {
		return provider.Hint(err, "did you mean %q?", near)
	}
	create := "to create it, run: credctl profile create " + quote.Word(name)
	if len(f.Profiles) > 0 {
		create = "use one of " + strings.Join(f.Profiles, ", ") + "; " + create
	}
	return provider.Hint(err, "%s", create)
}

func (p *ProfileSet) choose(f *configfile.File, name *string) Profile {
	switch preset := f.DefaultProfile(); {
	case name != nil:
		return Profile{*name, "rotation"}
	case p.Flags.Profile != "":
		return Profile{p.Flags.Profile, "flag"}
	case p.Env["CREDCTL_PROFILE"] != "":
		return Profile{p.Env["CREDCTL_PROFILE"], "CREDCTL_PROFILE"}
	case preset != "":
		return Profile{preset, "configuration"}
	case slices.Contains(f.Profiles, First):
		return Profile{First, Default}
	}
	return Profile{}
}

// ProfileVendors returns the vendors for which a profile has settings.
func (p *ProfileSet) ProfileVendors(name string) (vendors []string, err error) {
	f, err := p.Load()
	if err != nil {
		return nil, err
	}
	for _, vendor := range p.Vendors.Names() {
		if f.Has(name, vendor) {
			vendors = append(vendors, vendor)
		}
	}
	return vendors, nil
}

// Set stores a value in the configuration file under a key, as [configfile.Known.Key]
// reads it: the setting of a vendor or a destination that names no profile goes to
// the profile of the run. It returns the whole key and the path of the file.
func (p *ProfileSet) Set(text, value string) (key, path string, err error) {
	f, err := p.Load()
	if err != nil {
		return "", "", err
	}
	setting, err := p.known().Key(text)
	if err != nil {
		return "", "", err
	}
	if err := p.known().CheckValue(setting, value); err != nil {
		return "", "", err
	}
	if setting.String() == configfile.DefaultProfileKey().String() && !slices.Contains(f.Profiles, value) {
		return "", "", p.noProfile(f, value)
	}
	if name := setting.Profile(); name != "" && !slices.Contains(f.Profiles, name) {
		return "", "", p.noProfile(f, name)
	}
	if len(setting) > 1 && setting.Profile() == "" {
		profile, err := p.Profile(nil)
		if err != nil {
			return "", "", err
		}
		setting = setting.In(OrFirst(profile.Name))
	}
	path, err = p.Edit(func(known configfile.Known, path string, text []byte) ([]byte, error) {
		return known.Set(path, text, setting, value)
	})
	return setting.String(), path, err
}

// OrFirst returns the profile, or [First] where none applies.
func OrFirst(profile string) string {
	if profile == "" {
		return First
	}
	return profile
}

// CreateProfile adds an empty profile to the configuration file.
func (p *ProfileSet) CreateProfile(name string) (path string, err error) {
	if err := configfile.CheckProfileName(name); err != nil {
		return "", err
	}
	profiles, err := p.Profiles()
	if err != nil {
		return "", err
	}
	for _, other := range profiles {
		if strings.EqualFold(other, name) {
			return "", provider.Hint(provider.Usage("profile %q already exists", other), "choose another name, or run: credctl profile use %s", other)
		}
	}
	return p.Edit(func(known configfile.Known, path string, text []byte) ([]byte, error) {
		return known.AddProfile(path, text, name)
	})
}

// DeleteProfile removes a profile from the configuration file.
func (p *ProfileSet) DeleteProfile(name string) (path string, err error) {
	f, err := p.Load()
	if err != nil {
		return "", err
	}
	isDefault := f.DefaultProfile() == name
	return p.Edit(func(known configfile.Known, path string, text []byte) ([]byte, error) {
		if isDefault {
			if text, err = known.RemoveDefault(path, text); err != nil {
				return nil, err
			}
		}
		return known.RemoveProfile(path, text, name)
	})
}

// DestinationSettings returns the settings of destinations in a profile, by name,
// such as github.host; nil is the profile of the run.
func (p *ProfileSet) DestinationSettings(profile *string) (map[string]string, error) {
	chosen, err := p.Profile(profile)
	if err != nil {
		return nil, err
	}
	f, err := p.Load()
	if err != nil {
		return nil, err
	}
	values, _ := f.Destinations(chosen.Name)
	return values, nil
}
