// Package adjust has the flags of resume for the settings that a later run may change.
package adjust

import (
	"maps"
	"slices"

	"github.com/spf13/pflag"

	"github.com/credctl/credctl/internal/cli/invocation"
	"github.com/credctl/credctl/internal/provider"
)

// Flags are the settings of all vendors that a later run may change, by name.
type Flags map[string]*string

// Add adds them to a command.
func Add(f *pflag.FlagSet, run *invocation.Invocation) Flags {
	all := Flags{}
	for _, p := range run.Config.Vendors() {
		for _, param := range p.Settings {
			if i := param.Info(); i.Adjustable && all[i.Name] == nil {
				all[i.Name] = f.String(i.Name, "", i.Usage)
			}
		}
	}
	return all
}

// For returns those that a rotation at this vendor gets.
func (a Flags) For(run *invocation.Invocation, vendor string) (map[string]string, error) {
	values := map[string]string{}
	for name, value := range a {
		if *value != "" {
			values[name] = *value
		}
	}
	if len(values) == 0 || vendor == "" {
		return nil, nil
	}
	p, err := run.Config.Vendors.Find(vendor)
	if err != nil {
		return nil, err
	}
	for name, value := range values {
		i := slices.IndexFunc(p.Settings, func(param provider.AnyParam) bool { return param.Info().Name == name && param.Info().Adjustable })
		if i < 0 {
			return nil, provider.Hint(provider.Usage("%s has no setting --%s", vendor, name), "leave out --%s", name)
		}
		if err := provider.NewInput(p.Settings[i]).Value(name).Set(value); err != nil {
			return nil, provider.Usage("--%s: %w", name, err)
		}
	}
	return values, nil
}

// Check refuses them, and other flags that are of one rotation, where all are resumed.
func (a Flags) Check(others map[string]bool) error {
	given := maps.Clone(others)
	for name, value := range a {
		given[name] = *value != ""
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if given[name] {
			return provider.Usage("--%s cannot be combined with --all", name)
		}
	}
	return nil
}
