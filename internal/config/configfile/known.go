package configfile

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
)

// Known is what a configuration file can have settings for.
type Known struct {
	Vendors      []provider.Provider
	Destinations func() []deliver.Setting // asked for only where a file has some; nil: none
}

// names returns the names of the vendors.
func (k Known) names() []string {
	names := make([]string, len(k.Vendors))
	for i, p := range k.Vendors {
		names[i] = p.Name
	}
	return names
}

// settings returns the settings of destinations.
func (k Known) settings() []deliver.Setting {
	if k.Destinations == nil {
		return nil
	}
	return k.Destinations()
}

// services returns the names of the services that destinations have settings for.
func (k Known) services() (names []string) {
	for _, s := range k.settings() {
		service, _, _ := strings.Cut(s.Name, ".")
		if !slices.Contains(names, service) {
			names = append(names, service)
		}
	}
	return names
}

// destinations checks the settings of destinations, by service.
func (k *checker) destinations(_, n *yaml.Node) (any, error) {
	return k.mapping(n, func(service, n *yaml.Node) (any, error) {
		if services := k.services(); !slices.Contains(services, service.Value) {
			return nil, unknownKey(k.at(service, "destinations: unknown service %s", shown(service)), service, services)
		}
		var names []string
		secret := map[string]bool{}
		for _, s := range k.settings() {
			if of, name, _ := strings.Cut(s.Name, "."); of == service.Value {
				names, secret[name] = append(names, name), s.Secret
			}
		}
		return k.mapping(n, func(key, n *yaml.Node) (any, error) {
			if !slices.Contains(names, key.Value) {
				return nil, unknownKey(k.at(key, "destinations: %s has no setting %s", service.Value, shown(key)), key, names)
			}
			v, err := k.scalar(key, n)
			if v != nil && secret[key.Value] && k.secretAt == 0 {
				k.secretAt = key.Line
			}
			return v, err
		})
	})
}
