package configfile

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/provider"
)

// Keys of the section of a vendor that mean the same for each.
const (
	BaseURL      = "base_url"
	Token        = "token"
	TokenCommand = "token_command"
)

// Keys returns the keys that the section of a vendor may have.
func Keys(p provider.Provider) []string {
	keys := []string{BaseURL}
	for _, param := range p.Settings {
		i := param.Info()
		key := i.Setting()
		if i.From == provider.File {
			keys = append(keys, key+"_file", key)
			if key == Token {
				keys = append(keys, TokenCommand)
			}
			continue
		}
		keys = append(keys, key)
	}
	return keys
}

// A Key is the path of a setting in the file.
type Key []string

func profileKey(name string) Key { return Key{profilesKey, name} }

// String returns the key as [Known.Key] reads it.
func (k Key) String() string { return strings.Join(k, ".") }

// DefaultProfileKey is the key of the default profile.
func DefaultProfileKey() Key { return Key{defaultProfileKey} }

// In returns the key of a setting, such as katapult.org, in a profile.
func (k Key) In(profile string) Key { return append(profileKey(profile), k...) }

// Profile returns the profile that the key names, or "".
func (k Key) Profile() string {
	if len(k) > 2 && k[0] == profilesKey {
		return k[1]
	}
	return ""
}

// Key reads VENDOR.SETTING, destinations.SERVICE.SETTING, either of them after
// profiles.NAME, or a key of the whole file, such as default_profile. A name of a profile may have full stops.
func (k Known) Key(text string) (Key, error) {
	parts := strings.Split(text, ".")
	var profile Key
	if parts[0] == profilesKey {
		tail := 2
		if len(parts) > 4 && parts[len(parts)-3] == destinationsKey {
			tail = 3
		}
		if len(parts) < tail+2 {
			return nil, provider.Hint(provider.Usage("%q does not name a setting", text), "profiles.NAME.VENDOR.SETTING is the setting of a vendor in a profile")
		}
		profile, parts = profileKey(strings.Join(parts[1:len(parts)-tail], ".")), parts[len(parts)-tail:]
	}
	all := k.all()
	rest := strings.Join(parts, ".")
	if len(profile) > 0 {
		if err := CheckProfileName(profile[1]); err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(name string) bool { return !strings.Contains(name, ".") })
	}
	if slices.Contains(all, rest) {
		return append(profile, parts...), nil
	}
	err := provider.Usage("unknown configuration key %q", text)
	if near := provider.Closest(rest, all); near != "" {
		return nil, provider.Hint(err, "did you mean %s?", Key(append(slices.Clone(profile), near)))
	}
	return nil, provider.Hint(err, "to see the keys, run: credctl config view")
}

// all returns all keys but those of profiles.
func (k Known) all() []string {
	all := []string{defaultProfileKey, stateKey, stateIdentityKey, stateLeaseKey}
	for _, p := range k.Vendors {
		for _, name := range Keys(p) {
			all = append(all, p.Name+"."+name)
		}
	}
	for _, s := range k.settings() {
		all = append(all, destinationsKey+"."+s.Name)
	}
	return all
}

// Secret reports whether the key is that of a secret itself.
func (k Known) Secret(key Key) bool {
	name := key[len(key)-1]
	if i := slices.IndexFunc(k.Vendors, func(p provider.Provider) bool { return len(key) > 1 && p.Name == key[len(key)-2] }); i >= 0 {
		return holdsSecret(k.Vendors[i], name)
	}
	for _, s := range k.settings() {
		if strings.HasSuffix(key.String(), destinationsKey+"."+s.Name) {
			return s.Secret
		}
	}
	return false
}

// CheckProfileName returns what keeps name from being that of a profile.
func CheckProfileName(name string) error {
	if name == "" || strings.Contains(name, delimiter) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return provider.Usage("the name of a profile must be printable text without %q", delimiter)
	}
	return nil
}

// holdsSecret reports whether key of p is a secret itself.
func holdsSecret(p provider.Provider, key string) bool {
	return slices.ContainsFunc(p.Settings, func(param provider.AnyParam) bool {
		i := param.Info()
		return i.From == provider.File && i.Setting() == key
	})
}

// section checks the settings of one vendor, or of destinations.
func (k *checker) section(key, n *yaml.Node, known []string) (any, error) {
	if key.Value == destinationsKey {
		return k.destinations(key, n)
	}
	i := slices.IndexFunc(k.Vendors, func(p provider.Provider) bool { return p.Name == key.Value })
	if i < 0 {
		return nil, unknownKey(k.at(key, "unknown key %s", shown(key)), key, known)
	}
	p := k.Vendors[i]
	return k.mapping(n, func(key, n *yaml.Node) (any, error) {
		keys := Keys(p)
		if !slices.Contains(keys, key.Value) {
			return nil, unknownKey(k.at(key, "%s has no setting %s", p.Name, shown(key)), key, keys)
		}
		v, err := k.setting(key, n)
		if v != nil && k.secretAt == 0 && holdsSecret(p, key.Value) {
			k.secretAt = key.Line
		}
		return v, err
	})
}

// shown returns a key as errors may show it: where the space after the colon is
// missing, the rest of the key is a value.
func shown(key *yaml.Node) string {
	name, _, _ := strings.Cut(key.Value, ":")
	name, _, _ = strings.Cut(name, "=")
	return fmt.Sprintf("%.60q", name)
}

func unknownKey(err error, key *yaml.Node, known []string) error {
	name, _, joined := strings.Cut(fmt.Sprintf("%.60s", key.Value), ":")
	switch near := provider.Closest(name, known); {
	case joined && slices.Contains(known, name):
		return provider.Hint(err, "write a space after the colon")
	case near != "":
		return provider.Hint(err, "did you mean %s?", near)
	}
	return provider.Hint(err, "valid keys: %s", strings.Join(known, ", "))
}

// Settable returns the keys without a profile that can be set.
func (k Known) Settable() []string {
	return slices.DeleteFunc(k.all(), func(key string) bool { return k.Secret(strings.Split(key, ".")) })
}
