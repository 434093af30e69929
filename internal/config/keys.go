package config

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/provider"
)

// The keys of a vendor that are not named like its settings.
const (
	baseKey    = "base_url"
	tokenKey   = "token"
	commandKey = "token_command"
)

// keysOf are the settings of p that the file may hold.
func keysOf(p provider.Provider) []string {
	keys := []string{baseKey}
	for _, param := range p.Settings {
		i := param.Info()
		key := SettingName(i)
		if i.From == provider.File {
			keys = append(keys, key+"_file", key)
			if key == tokenKey {
				keys = append(keys, commandKey)
			}
			continue
		}
		keys = append(keys, key)
	}
	return keys
}

// holdsSecret reports whether key of p is a secret itself.
func holdsSecret(p provider.Provider, key string) bool {
	return slices.ContainsFunc(p.Settings, func(param provider.AnyParam) bool {
		i := param.Info()
		return i.From == provider.File && SettingName(i) == key
	})
}

// section checks the settings of one vendor.
func (k *checker) section(key, n *yaml.Node, known []string) (any, error) {
	i := slices.IndexFunc(k.vendors, func(p provider.Provider) bool { return p.Name == key.Value })
	if i < 0 {
		return nil, unknownKey(k.at(key, "unknown key %s", shown(key)), key, known)
	}
	p := k.vendors[i]
	return k.mapping(n, func(key, n *yaml.Node) (any, error) {
		keys := keysOf(p)
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

// shown is a key as it may be shown: where the space after the colon is missing,
// the rest of it is a value.
func shown(key *yaml.Node) string {
	name, _, _ := strings.Cut(key.Value, ":")
	name, _, _ = strings.Cut(name, "=")
	return fmt.Sprintf("%.60q", name)
}

func unknownKey(err error, key *yaml.Node, known []string) error {
	name, _, joined := strings.Cut(fmt.Sprintf("%.60s", key.Value), ":")
	switch near := provider.Closest(name, known); {
	case joined && slices.Contains(known, name):
		return provider.Hint(err, "a space is missing after the colon")
	case near != "":
		return provider.Hint(err, "did you mean %s?", near)
	}
	return provider.Hint(err, "known are: %s", strings.Join(known, ", "))
}
