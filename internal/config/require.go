package config

import (
	"errors"

	"github.com/credctl/credctl/internal/config/configfile"
	"github.com/credctl/credctl/internal/config/tokenstore"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
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
			return setting.Missing(s.vendor.Name, i)
		}
	}
	return nil
}

// CheckToken returns the error for a missing token, or for one that must not be sent
// to the vendor's default URL.
func (s Settings) CheckToken() error {
	var secrets []provider.ParamInfo
	given := false
	for _, param := range s.vendor.Settings {
		if i := param.Info(); i.From == provider.File {
			secrets, given = append(secrets, i), given || s.Input.Value(i.Name).IsSet()
		}
	}
	if check := s.vendor.CheckDefault; check != nil && s.Named(configfile.BaseURL).Rank == Unset {
		if err := check(s.Input); err != nil {
			return err
		}
	}
	if len(secrets) == 0 || given {
		return nil
	}
	because := ""
	switch {
	case s.TokenUnknown():
		because = "could not read the stored token: " + visible.OneLine(s.StoreErr.Error())
	case s.StoreErr != nil:
		because = tokenstore.ErrNoKeyring.Error()
	}
	return setting.NoToken(s.vendor.Name, s.Profile.Name, secrets[0], because)
}

// TokenUnknown reports whether a token may be stored that cannot be read.
func (s Settings) TokenUnknown() bool {
	return s.StoreErr != nil && !errors.Is(s.StoreErr, tokenstore.ErrNoKeyring)
}

// MissingAccount returns the setting that says which account of a vendor is meant, and
// reports whether it is not set.
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
