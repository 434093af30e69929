// Package configfile reads and edits the configuration file: which keys it may
// have, what is wrong in it, and what it says about a vendor. The keys come from
// what vendors and destinations declare, so that a new one needs no change here.
//
//	default_profile: work
//	profiles:
//	  work:
//	    katapult: {org: acme, region: uk-lon-1, token_file: ~/.secrets/katapult}
//	    destinations: {github: {host: github.example.com}}
//	losant: {application: 575ece2b7ae143cd83dc4a9b}   # for all profiles
package configfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/viper"

	"github.com/credctl/credctl/internal/provider"
)

// A File is the content of the configuration file. Only this source file uses viper.
type File struct {
	Profiles   []string // their names
	SecretLine int      // the line of the first secret in the file itself, or 0

	v *viper.Viper
}

// delimiter joins keys for viper: a name that users choose may hold a full stop.
const delimiter = "::"

// Empty returns a file without settings.
func Empty() *File { return &File{v: viper.NewWithOptions(viper.KeyDelimiter(delimiter))} }

// Parse checks and reads the text of a configuration file. path is for its errors.
func (k Known) Parse(path string, text []byte) (*File, error) {
	doc, err := check(path, text, k)
	if err != nil {
		return nil, err
	}
	f := Empty()
	f.Profiles, f.SecretLine = doc.profiles, doc.secretAt
	if err := f.v.MergeConfigMap(doc.values); err != nil { // viper's own reading would link its parsers of six formats, for one
		return nil, provider.WithClass(provider.ErrUsage, fmt.Errorf("%s: %w", path, err))
	}
	return f, nil
}

// DefaultProfile returns the name of the default profile, or "".
func (f *File) DefaultProfile() string { return f.v.GetString(defaultProfileKey) }

// StateIdentity returns where the identity of the state folder is: [statesetting.InKeyring], or ""
// where the file does not say.
func (f *File) StateIdentity() string { return f.v.GetString(stateIdentityKey) }

// State returns where the state of rotations is, or "" where the file does not say.
func (f *File) State() string { return f.v.GetString(stateKey) }

// StateLease returns how long a lock in a state database lasts without its holder, or ""
// where the file does not say.
func (f *File) StateLease() string { return f.v.GetString(stateLeaseKey) }

// A Section holds the settings of one vendor in a profile, or for all profiles.
type Section struct {
	Name string // for people

	file *File
	keys []string
}

// Sections returns the sections of a vendor that apply in a profile, the one that
// takes precedence first.
func (f *File) Sections(profile, vendor string) (all []Section) {
	if profile != "" {
		all = append(all, Section{"profile " + profile, f, []string{profilesKey, profile, vendor}})
	}
	return append(all, Section{"configuration", f, []string{vendor}})
}

// Get returns the text of a setting, or for token_command also a list of texts. Nil
// is no value.
func (s Section) Get(setting string) any {
	v := s.file.v.Get(strings.Join(append(slices.Clone(s.keys), setting), delimiter))
	if v == "" {
		return nil
	}
	return v
}

// Text returns the text of a setting, or "".
func (s Section) Text(setting string) string {
	text, _ := s.Get(setting).(string)
	return text
}

// Destinations returns the settings of destinations that apply in a profile, by
// name, such as github.host, and the names of their sections.
func (f *File) Destinations(profile string) (values, sources map[string]string) {
	values, sources = map[string]string{}, map[string]string{}
	for _, s := range slices.Backward(f.Sections(profile, destinationsKey)) {
		services, _ := s.file.v.Get(strings.Join(s.keys, delimiter)).(map[string]any)
		for service := range services {
			names, _ := s.Get(service).(map[string]any)
			for name := range names {
				setting := service + "." + name
				values[setting], sources[setting] = s.Text(service+delimiter+name), s.Name
			}
		}
	}
	return values, sources
}

// Has reports whether a profile has settings for a vendor.
func (f *File) Has(profile, vendor string) bool {
	section, _ := f.v.Get(strings.Join([]string{profilesKey, profile, vendor}, delimiter)).(map[string]any)
	return len(section) > 0
}
