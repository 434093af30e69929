package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/provider"
)

// A config is the configuration file, as one profile sees it. This file is the
// only one that knows viper, and nothing below this floor reads configuration.
//
//	default_profile: work
//	profiles:
//	  work:
//	    katapult: {org: acme, region: uk-lon-1, token_file: ~/.secrets/katapult}
//	losant: {application: 575ece2b7ae143cd83dc4a9b}   # for every profile
type config struct {
	path    string
	profile string // "" when there is none
	exists  bool
	v       *viper.Viper
}

// delimiter joins keys for viper: a name that users choose may hold a full stop.
const delimiter = "::"

// loadConfig reads the configuration file. Only one that was named must exist.
func (a *app) loadConfig() (*config, error) {
	c := &config{v: viper.NewWithOptions(viper.KeyDelimiter(delimiter))}
	named := first(a.global.config, a.env["CREDCTL_CONFIG"])
	c.path = first(named, filepath.Join(a.configDir(), "config.yaml"))
	text, err := os.ReadFile(c.path)
	if errors.Is(err, fs.ErrNotExist) && named == "" {
		return c, a.chooseProfile(c, nil)
	}
	if err != nil {
		return nil, provider.As(provider.ErrUsage, fmt.Errorf("the configuration cannot be read: %w", err))
	}
	c.exists = true
	doc, err := a.checkConfig(c.path, text)
	if err != nil {
		return nil, err
	}
	// Viper's own reading would link its parsers of six formats, for one.
	if err := c.v.MergeConfigMap(doc.values); err != nil {
		return nil, provider.As(provider.ErrUsage, fmt.Errorf("%s: %w", c.path, err))
	}
	if doc.secretAt > 0 && a.othersMayRead(c.path) {
		return nil, provider.Hint(provider.Usage("%s:%d: there is a token in this file, and others can read it", c.path, doc.secretAt), "run: chmod 600 %s", c.path)
	}
	if doc.secretAt > 0 {
		a.remark("credctl: warning: %s:%d holds a token itself; token_file or token_command would keep it elsewhere", c.path, doc.secretAt)
	}
	return c, a.chooseProfile(c, doc.profiles)
}

func (a *app) othersMayRead(path string) bool {
	info, err := os.Stat(path)
	return err == nil && filepath.Separator == '/' && info.Mode().Perm()&0o077 != 0
}

// chooseProfile finds the profile that counts, which must be there if it was named.
func (a *app) chooseProfile(c *config, known []string) error {
	named := first(a.global.profile, a.env["CREDCTL_PROFILE"])
	if named == "" {
		named = c.v.GetString("default_profile")
	}
	if named == "" && slices.Contains(known, "default") {
		named = "default"
	}
	if named != "" && !slices.Contains(known, named) {
		err := provider.Usage("there is no profile %q in %s", named, c.path)
		if near := provider.Closest(named, known); near != "" {
			return provider.Hint(err, "did you mean %q?", near)
		}
		return err
	}
	c.profile = named
	return nil
}

// get returns what the file says of a setting, and where: in the profile, or for all profiles.
func (c *config) get(vendor, setting string) (value any, where string) {
	if c.profile != "" {
		if v := c.v.Get(strings.Join([]string{"profiles", c.profile, vendor, setting}, delimiter)); v != nil {
			return v, "profile " + c.profile
		}
	}
	if v := c.v.Get(vendor + delimiter + setting); v != nil {
		return v, "configuration"
	}
	return nil, ""
}

// A checked document is one whose keys are all known.
type checked struct {
	values   map[string]any
	profiles []string
	secretAt int // the line of the first secret in the file itself, or 0
}

// checkConfig finds unknown keys and wrong shapes, with their lines: viper would
// pass over both, and makes lower case of the names that users choose.
func (a *app) checkConfig(path string, text []byte) (doc checked, err error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return doc, provider.Usage("%s: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(root.Content) == 0 {
		return doc, nil
	}
	at := func(n *yaml.Node, format string, args ...any) error {
		return provider.Usage("%s:%d:%d: %s", path, n.Line, n.Column, fmt.Sprintf(format, args...))
	}
	vendors := map[string]provider.Provider{}
	top := []string{"default_profile", "profiles"}
	for _, p := range a.providers() {
		vendors[p.Name] = p
		top = append(top, p.Name)
	}
	section := func(vendor string, n *yaml.Node) error {
		keys := configKeys(vendors[vendor])
		return members(n, at, func(key, value *yaml.Node) error {
			if !slices.Contains(keys, key.Value) {
				return unknownKey(at(key, "%s has no setting %q", vendor, key.Value), key.Value, keys)
			}
			if value.Kind != yaml.ScalarNode && (value.Kind != yaml.SequenceNode || key.Value != "token_command") {
				return at(value, "%s must be a single value", key.Value)
			}
			if doc.secretAt == 0 && holdsSecret(vendors[vendor], key.Value) {
				doc.secretAt = key.Line
			}
			return nil
		})
	}
	err = members(root.Content[0], at, func(key, value *yaml.Node) error {
		switch {
		case key.Value == "default_profile":
			return nil
		case vendors[key.Value].Name != "":
			return section(key.Value, value)
		case key.Value != "profiles":
			return unknownKey(at(key, "unknown key %q", key.Value), key.Value, top)
		}
		return members(value, at, func(name, profile *yaml.Node) error {
			for _, other := range doc.profiles {
				if strings.EqualFold(other, name.Value) {
					return at(name, "the profiles %q and %q differ in case only", other, name.Value)
				}
			}
			if strings.Contains(name.Value, delimiter) {
				return at(name, "a profile's name must not contain %q", delimiter)
			}
			doc.profiles = append(doc.profiles, name.Value)
			return members(profile, at, func(key, value *yaml.Node) error {
				if vendors[key.Value].Name == "" {
					return unknownKey(at(key, "unknown vendor %q", key.Value), key.Value, top[2:])
				}
				return section(key.Value, value)
			})
		})
	})
	if err != nil {
		return doc, err
	}
	if err := root.Decode(&doc.values); err != nil {
		return doc, provider.Usage("%s: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	return doc, nil
}

// members calls each with the key and the value of each member of a mapping.
func members(n *yaml.Node, at func(*yaml.Node, string, ...any) error, each func(key, value *yaml.Node) error) error {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return at(n, "this must be a mapping of names to values")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if err := each(n.Content[i], n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func unknownKey(err error, key string, known []string) error {
	if near := provider.Closest(key, known); near != "" {
		return provider.Hint(err, "did you mean %s?", near)
	}
	return provider.Hint(err, "known are: %s", strings.Join(known, ", "))
}

// configKeys are the settings of p that the file may hold.
func configKeys(p provider.Provider) []string {
	keys := []string{"base_url"}
	for _, param := range p.Settings {
		i := param.Info()
		key := settingName(i)
		if i.From == provider.File {
			keys = append(keys, key+"_file", key)
			if key == "token" {
				keys = append(keys, "token_command")
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
		return i.From == provider.File && settingName(i) == key
	})
}

// settingName is the name of a setting in the file and, in upper case, in the
// environment: token for --token-file, s3_endpoint for --s3-endpoint.
func settingName(i provider.ParamInfo) string {
	name := i.Name
	if i.From == provider.File {
		name = strings.TrimSuffix(name, "-file")
	}
	return strings.ReplaceAll(name, "-", "_")
}

// first returns the first of values that is not empty.
func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
