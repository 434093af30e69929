package config

import (
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/config/configfile"
	"github.com/credctl/credctl/internal/config/vendors"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// Check returns the error for the first setting that every request needs and that is
// missing, or that must not be used together.
func (s Settings) Check() error {
	if err := s.CheckToken(); err != nil {
		return err
	}
	for _, param := range s.vendor.Settings {
		if i := param.Info(); i.Required && i.From == provider.Plain && !s.Input.Value(i.Name).IsSet() {
			return Required(s.vendor, i)
		}
	}
	return nil
}

// CheckToken returns the error for a missing token, or for one that must not be sent
// to the vendor's default URL.
func (s Settings) CheckToken() error {
	hasSecrets, token := false, false
	var ways []string
	for _, param := range s.vendor.Settings {
		if i := param.Info(); i.From == provider.File {
			hasSecrets, token = true, token || s.Input.Value(i.Name).IsSet()
			ways = append(append(ways, "--"+i.Name, vendors.EnvName(s.vendor.Name, i.Setting())), i.Env...)
		}
	}
	if check := s.vendor.CheckDefault; check != nil && s.Named(configfile.BaseURL).Rank == Unset {
		if err := check(s.Input); err != nil {
			return err
		}
	}
	if !hasSecrets || token {
		return nil
	}
	err := fmt.Errorf("no %s token found", s.vendor.Name)
	if s.StoreErr != nil {
		err = fmt.Errorf("%w, and the stored token could not be read: %s", err, visible.OneLine(s.StoreErr.Error()))
	}
	return provider.Hint(provider.WithClass(provider.ErrDenied, err),
		"run credctl auth login %s, or set one of %s; or set token_file or token_command in the configuration", s.vendor.Name, strings.Join(ways, ", "))
}

// MissingAccount returns the setting that says which account of a vendor is meant,
// if it is not set, and its name. Required reports whether every request needs it.
func (c *Config) MissingAccount(a Account) (info provider.ParamInfo, missing bool, err error) {
	s, err := c.locatePlain(a)
	if err != nil {
		return info, false, err
	}
	for _, found := range s.All {
		if found.info.Name != "" && found.info.Name == a.Vendor.Login.Account {
			return found.info, found.Rank == Unset, nil
		}
	}
	return info, false, nil
}

// MissingURL reports whether a login should ask for the URL of a vendor.
func (c *Config) MissingURL(a Account) (bool, error) {
	s, err := c.locatePlain(a)
	return err == nil && a.Vendor.Login.AskURL && s.Named(configfile.BaseURL).Rank == Unset, err
}

// Required returns the error for a setting that is missing.
func Required(p provider.Provider, i provider.ParamInfo) error {
	brand, _, _ := strings.Cut(p.Title, " ")
	return provider.Hint(provider.Usage("no %s %s is set", strings.TrimSuffix(brand, ","), strings.ReplaceAll(i.Setting(), "_", " ")), "pass --%s, or set %s, or run: credctl config set %s.%s VALUE",
		i.Name, strings.Join(append([]string{vendors.EnvName(p.Name, i.Setting())}, i.Env...), " or "), p.Name, i.Setting())
}
