package config

import (
	"slices"

	"github.com/credctl/credctl/internal/config/configfile"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
)

// Missing returns the flags of the settings that an account does not have, of those
// that every request needs and of needs. It looks up no token.
func (c *Config) Missing(a Account, needs []provider.AnyParam) (flags []string, err error) {
	s, err := c.locatePlain(a)
	if err != nil {
		return nil, err
	}
	for _, found := range s.All {
		needed := found.info.Required || slices.ContainsFunc(needs, func(p provider.AnyParam) bool { return p.Info().Name == found.info.Name })
		if needed && !found.secret() && found.Rank == Unset && found.info.Name != "" {
			flags = append(flags, "--"+found.info.Name)
		}
	}
	return flags, nil
}

// BaseVariable returns the variable of the environment that gives a vendor's base URL.
func BaseVariable(vendor string) string { return setting.EnvName(vendor, configfile.BaseURL) }
