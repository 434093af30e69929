package configfile

import (
	"fmt"
	"slices"
	"strings"

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

// holdsSecret reports whether key of p is a secret itself.
func holdsSecret(p provider.Provider, key string) bool {
	return slices.ContainsFunc(p.Settings, func(param provider.AnyParam) bool {
		i := param.Info()
		return i.From == provider.File && i.Setting() == key
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
