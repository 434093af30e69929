package config

import (
	"context"

	"github.com/credctl/credctl/internal/config/configfile"
	"github.com/credctl/credctl/internal/config/userfile"
)

// SaveAccount stores in the profile of a the settings that it was checked with and
// that no profile has yet, so that later commands use the same account. It returns
// the path of the file, or "" if nothing had to be stored.
func (c *Config) SaveAccount(ctx context.Context, a Account) (path string, err error) {
	s, err := c.ResolvePlain(ctx, a)
	if err != nil {
		return "", err
	}
	var keys []configfile.Key
	var values []string
	for _, one := range s.All {
		if one.Rank <= FromEnvironment && !one.secret() {
			keys = append(keys, configfile.Key{a.Vendor.Name, one.Name}.In(userfile.OrFirst(s.Profile.Name)))
			values = append(values, one.Value)
		}
	}
	if len(keys) == 0 {
		return "", nil
	}
	return c.Edit(func(known configfile.Known, path string, text []byte) ([]byte, error) {
		for i, key := range keys {
			if text, err = known.Set(path, text, key, values[i]); err != nil {
				return nil, err
			}
		}
		return text, nil
	})
}
