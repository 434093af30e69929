// Package configfile reads the configuration file: which keys it may have, what
// is wrong in it, and what it says of a vendor. All of it is made from what the
// vendors declare, so that a new one needs no change here.
//
//	default_profile: work
//	profiles:
//	  work:
//	    katapult: {org: acme, region: uk-lon-1, token_file: ~/.secrets/katapult}
//	losant: {application: 575ece2b7ae143cd83dc4a9b}   # for every profile
package configfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/viper"

	"github.com/credctl/credctl/internal/provider"
)

// A File is what the configuration file says. This source file is the only one
// that knows viper.
type File struct {
	Profiles   []string // their names
	SecretLine int      // the line of the first secret in the file itself, or 0

	v *viper.Viper
}

// delimiter joins keys for viper: a name that users choose may hold a full stop.
const delimiter = "::"

// Empty returns the file that says nothing.
func Empty() *File { return &File{v: viper.NewWithOptions(viper.KeyDelimiter(delimiter))} }

// Parse checks the text of a configuration file. path is for its errors.
func Parse(path string, text []byte, vendors []provider.Provider) (*File, error) {
	doc, err := check(path, text, vendors)
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

// DefaultProfile returns the name of the profile that counts unless another is
// named, or "".
func (f *File) DefaultProfile() string { return f.v.GetString(defaultProfileKey) }

// A Section is what the file says of one vendor: in a profile, or for all of them.
type Section struct {
	Name string // for people

	file *File
	keys []string
}

// Sections returns those that count for a vendor in a profile, the one that wins first.
func (f *File) Sections(profile, vendor string) (all []Section) {
	if profile != "" {
		all = append(all, Section{"profile " + profile, f, []string{profilesKey, profile, vendor}})
	}
	return append(all, Section{"configuration", f, []string{vendor}})
}

// Get returns the text of a setting; of token_command perhaps a list of texts. Nil is none.
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
