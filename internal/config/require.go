package config

import (
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// Check returns the error for the first of the settings that every request needs
// and that is missing. The token may be missing because what is stored could not
// be looked up.
func (s Settings) Check() error {
	hasSecrets, token := false, false
	var ways []string
	var missing error
	for _, param := range s.vendor.Settings {
		i := param.Info()
		given := s.Input.Value(i.Name).IsSet()
		if i.From == provider.File {
			hasSecrets, token = true, token || given
			ways = append(append(ways, "--"+i.Name, envName(s.vendor.Name, i.Setting())), i.Env...)
		} else if i.Required && !given && missing == nil {
			missing = required(s.vendor, i)
		}
	}
	if !hasSecrets || token {
		return missing
	}
	err := fmt.Errorf("there is no token for %s", s.vendor.Name)
	if s.StoreErr != nil {
		err = fmt.Errorf("%w, and what is stored cannot be read: %s", err, visible.OneLine(s.StoreErr.Error()))
	}
	return provider.Hint(provider.WithClass(provider.ErrDenied, err),
		"give one of %s; or token_file or token_command in the configuration; or run: credctl auth login %s", strings.Join(ways, ", "), s.vendor.Name)
}

// CheckPlain returns the error for the first setting that an account needs beside
// its token and that is missing. It asks no keyring: a person who types the token
// already would be seen.
func (c *Config) CheckPlain(a Account) error {
	s, err := c.locatePlain(a)
	if err != nil {
		return err
	}
	for _, found := range s.All {
		if found.info.Required && !found.secret() && found.Rank == Unset {
			return required(a.Vendor, found.info)
		}
	}
	return nil
}

func required(p provider.Provider, i provider.ParamInfo) error {
	return provider.Hint(provider.Usage("%s needs --%s", p.Name, i.Name), "or set %s, or %s in a profile of the configuration",
		strings.Join(append([]string{envName(p.Name, i.Setting())}, i.Env...), " or "), i.Setting())
}
