package config

import (
	"cmp"
	"context"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// View returns every setting that applies, and where it comes from. It runs no
// command and reads no token: tokens are redacted.
func (c *Config) View(ctx context.Context) ([]Setting, error) {
	profile, err := c.Profile(nil)
	if err != nil {
		return nil, err
	}
	path, source, _ := c.FilePath() // "" without a home folder
	all := []Setting{
		{Name: "config", Value: path, Source: source},
		{Name: "profile", Value: profile.Name, Source: cmp.Or(profile.Source, "unset")},
	}
	all = append(all, viewState(c)...)
	for _, p := range c.Vendors() {
		s, err := c.Locate(ctx, Account{Vendor: p, Given: provider.NewInput(p.Settings...)})
		if err != nil {
			return nil, err
		}
		if err := s.loadPlain(ctx); err != nil {
			return nil, err
		}
		unknown := s.TokenUnknown()
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
			c.Streams.Remark("credctl: warning: could not read the stored %s token: %s", p.Name, visible.OneLine(s.StoreErr.Error()))
		}
	}
	return append(all, c.viewDestinations(profile.Name)...), nil
}

// viewDestinations returns the settings of destinations that have a value.
func (c *Config) viewDestinations(profile string) (all []Setting) {
	f, err := c.Load()
	if err != nil || c.Destinations == nil {
		return nil
	}
	values, sources := f.Destinations(profile)
	for _, s := range c.Destinations() {
		found := Setting{Name: "destinations." + s.Name, Value: values[s.Name], Source: sources[s.Name]}
		for _, variable := range s.Env {
			if v := c.Env[variable]; v != "" {
				found.Value, found.Source = visible.OneLine(v), variable
				break
			}
		}
		if found.Value != "" && s.Secret {
			found.Value = provider.Redacted
		}
		if found.Value != "" {
			all = append(all, found)
		}
	}
	return all
}
