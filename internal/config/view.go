package config

import (
	"cmp"
	"context"
	"errors"

	"github.com/credctl/credctl/internal/config/tokenstore"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// View returns every setting that is in force, and where it comes from. It runs
// no command and reads no token, which shows as redacted.
func (c *Config) View(ctx context.Context) ([]Setting, error) {
	profile, err := c.Profile(nil)
	if err != nil {
		return nil, err
	}
	path, source, _ := c.FilePath() // there is none without a home
	all := []Setting{
		{Name: "config", Value: path, Source: source},
		{Name: "profile", Value: profile.Name, Source: cmp.Or(profile.Source, "unset")},
	}
	for _, p := range c.Vendors() {
		s, err := c.Locate(ctx, Account{Vendor: p, Given: provider.NewInput(p.Settings...)})
		if err != nil {
			return nil, err
		}
		if err := s.loadPlain(ctx); err != nil {
			return nil, err
		}
		unknown := s.StoreErr != nil && !errors.Is(s.StoreErr, tokenstore.ErrNoKeyring)
		for i := range s.All {
			switch found := &s.All[i]; {
			case !found.secret():
			case found.Rank < Unset:
				found.Value = provider.Redacted
			case unknown:
				found.Source = "unknown"
			}
		}
		all = append(all, s.All...)
		if unknown {
			c.streams.Remark("credctl: warning: what is stored for %s cannot be read: %s", p.Name, visible.OneLine(s.StoreErr.Error()))
		}
	}
	return all, nil
}
