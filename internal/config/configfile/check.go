package configfile

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/config/statesetting"
	"github.com/credctl/credctl/internal/journal/postgres/dsn"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/yamlfile"
)

// The keys of the configuration file that are not names of vendors.
const (
	defaultProfileKey = "default_profile"
	profilesKey       = "profiles"
	destinationsKey   = "destinations"
	stateKey          = statesetting.State
	stateIdentityKey  = statesetting.Identity
	stateLeaseKey     = statesetting.LeaseTime
	versionKey        = "version"
)

// A checked document is one whose keys are all known. Its values are the texts of
// the file, not what YAML makes of them: an ID may look like a number.
type checked struct {
	values   map[string]any
	profiles []string
	secretAt int // the line of the first secret in the file itself, or 0
}

// check finds unknown keys and wrong shapes, with their lines: viper ignores both,
// and changes the names that users choose to lower case. No error quotes a value,
// which may be a secret.
func check(path string, text []byte, known Known) (checked, error) {
	k := &checker{path: path, Known: known}
	root, second, err := yamlfile.Decode(path, text)
	switch {
	case err != nil:
	case second != nil:
		err = k.at(second, "only one YAML document is allowed")
	case root != nil:
		if err = k.version(root); err == nil {
			k.values, err = k.mapping(root, k.top)
		}
	}
	return k.checked, err
}

// A checker checks one document.
type checker struct {
	checked
	Known

	path string
}

// sections returns the keys that profiles and the top level may both have.
func (k *checker) sections() []string { return append(k.names(), destinationsKey) }

func (k *checker) at(n *yaml.Node, format string, args ...any) error {
	return provider.Usage("%s:%d:%d: %s", k.path, n.Line, n.Column, fmt.Sprintf(format, args...))
}

// mapping returns the values of a mapping. The function value returns each of them
// from its key and its node; a nil value is left out.
func (k *checker) mapping(n *yaml.Node, value func(key, n *yaml.Node) (any, error)) (map[string]any, error) {
	values := map[string]any{}
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		return values, nil
	case n.Kind == yaml.AliasNode:
		return nil, k.alias(n)
	case n.Kind != yaml.MappingNode:
		return nil, k.at(n, "expected a mapping of names to values")
	}
	lines := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Kind == yaml.AliasNode || key.Tag == "!!merge":
			return nil, k.alias(key)
		case key.Kind != yaml.ScalarNode:
			return nil, k.at(key, "expected a name")
		case lines[key.Value] > 0:
			return nil, k.at(key, "duplicate key %s (first in line %d)", shown(key), lines[key.Value])
		}
		lines[key.Value] = key.Line
		v, err := value(key, n.Content[i+1])
		if err != nil {
			return nil, err
		}
		if v != nil {
			values[key.Value] = v
		}
	}
	return values, nil
}

func (k *checker) alias(n *yaml.Node) error {
	return k.at(n, "aliases and merge keys are not supported")
}

func (k *checker) top(key, n *yaml.Node) (any, error) {
	switch key.Value {
	case defaultProfileKey:
		return k.scalar(key, n)
	case stateKey, stateIdentityKey, stateLeaseKey:
		v, err := k.scalar(key, n)
		text, _ := v.(string)
		if err == nil && v != nil {
			if err = statesetting.CheckValue(key.Value, text); err != nil {
				err = provider.Hint(k.at(n, "%s", err), "%s", provider.HintOf(err))
			}
		}
		if k.secretAt == 0 && dsn.HasPassword(text) {
			k.secretAt = key.Line
		}
		return v, err
	case profilesKey:
		return k.mapping(n, k.profile)
	case versionKey:
		return nil, nil // see version
	}
	return k.section(key, n, append(k.sections(), defaultProfileKey, profilesKey, stateKey, stateIdentityKey, stateLeaseKey, versionKey))
}

// profile checks one profile.
func (k *checker) profile(key, n *yaml.Node) (any, error) {
	name := key.Value
	for _, other := range k.profiles {
		if strings.EqualFold(other, name) {
			return nil, k.at(key, "profiles %q and %q differ only in case", other, name)
		}
	}
	if err := CheckProfileName(name); err != nil {
		return nil, k.at(key, "%s", err)
	}
	k.profiles = append(k.profiles, name)
	return k.mapping(n, func(key, n *yaml.Node) (any, error) { return k.section(key, n, k.sections()) })
}

// setting returns a text, or for token_command also a list of texts.
func (k *checker) setting(key, n *yaml.Node) (any, error) {
	if key.Value != TokenCommand || n.Kind != yaml.SequenceNode {
		return k.scalar(key, n)
	}
	list := make([]string, len(n.Content))
	for i, item := range n.Content {
		v, err := k.scalar(key, item)
		if err != nil {
			return nil, err
		}
		list[i], _ = v.(string)
	}
	return list, nil
}

// scalar returns the text of a value as the file has it; nil is no value.
func (k *checker) scalar(key, n *yaml.Node) (any, error) {
	switch {
	case n.Kind == yaml.AliasNode:
		return nil, k.alias(n)
	case n.Kind != yaml.ScalarNode:
		return nil, k.at(n, "%s must be a single value", key.Value)
	case n.Tag == "!!null":
		return nil, nil
	case n.Style&yaml.TaggedStyle != 0:
		return nil, k.at(n, "%s has a YAML tag, which is not supported", key.Value)
	}
	return n.Value, nil
}
