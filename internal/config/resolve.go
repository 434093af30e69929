package config

import (
	"context"
	"fmt"
	"os"

	"github.com/credctl/credctl/internal/config/configfile"
	"github.com/credctl/credctl/internal/config/tokenstore"
	"github.com/credctl/credctl/internal/provider"
)

// Resolve returns the settings of an account, all of them loaded. With an error it
// returns those that were loaded before.
func (c *Config) Resolve(ctx context.Context, a Account) (Settings, error) {
	s, err := c.Locate(ctx, a)
	if err != nil {
		return s, err
	}
	for i := range s.All {
		if err := s.load(ctx, &s.All[i]); err != nil {
			return s, err
		}
		if file := s.All[i].File; file != "" && file != "-" {
			c.warnReadable(file)
		}
	}
	return s, nil
}

// ResolvePlain returns the settings of an account, those loaded that are no
// secrets. It does not look up what `credctl auth login` stored.
func (c *Config) ResolvePlain(ctx context.Context, a Account) (Settings, error) {
	s, err := c.locatePlain(a)
	if err != nil {
		return s, err
	}
	return s, s.loadPlain(ctx)
}

func (s Settings) loadPlain(ctx context.Context) error {
	for i := range s.All {
		if one := &s.All[i]; !one.secret() {
			if err := s.load(ctx, one); err != nil {
				return err
			}
		}
	}
	return nil
}

// Locate finds where the settings of an account come from, and loads none. It
// reads no file but the configuration and what `credctl auth login` stored, and
// runs nothing.
func (c *Config) Locate(ctx context.Context, a Account) (Settings, error) {
	s, err := c.locatePlain(a)
	if err != nil {
		return s, err
	}
	var secrets []*Setting
	for i := range s.All {
		if s.All[i].secret() {
			secrets = append(secrets, &s.All[i])
		}
	}
	if !pickAuth(secrets) && len(secrets) > 0 {
		s.StoreErr = c.fromStore(ctx, a.Vendor.Name, s.Profile.Name, secrets)
	}
	return s, nil
}

// locatePlain finds the settings of an account but for what is stored.
func (c *Config) locatePlain(a Account) (Settings, error) {
	profile, err := c.Profile(a.Profile)
	if err != nil {
		return Settings{}, err
	}
	f, err := c.file()
	if err != nil {
		return Settings{}, err
	}
	p, given := a.Vendor, a.Given.Clone()
	l := lookup{c, p, f.Sections(profile.Name, p.Name), given}
	base, source := l.baseURL(a.BaseURL)
	url, err := p.Base(base)
	if err != nil {
		return Settings{}, provider.WithClass(provider.ErrUsage, fmt.Errorf("%w (from %s)", err, source))
	}
	s := Settings{Profile: profile, BaseURL: url, Input: given, vendor: p}
	s.All = []Setting{{Vendor: p.Name, Name: configfile.BaseURL, Value: url, Source: source}}
	if source == "default" {
		s.All[0].Rank = Unset
	}
	for _, param := range p.Settings {
		found := l.find(param.Info())
		found.Vendor, found.Name, found.info = p.Name, param.Info().Setting(), param.Info()
		s.All = append(s.All, found)
	}
	return s, nil
}

// pickAuth leaves one way to authenticate: the token, or what a vendor takes in
// its place, whichever comes from a better place. It reports whether there is one.
func pickAuth(secrets []*Setting) bool {
	best := map[bool]Rank{true: Unset, false: Unset}
	for _, s := range secrets {
		best[s.Name == configfile.Token] = min(best[s.Name == configfile.Token], s.Rank)
	}
	for _, s := range secrets {
		if token := s.Name == configfile.Token; s.Rank < Unset && best[!token] < best[token] {
			*s = Setting{Vendor: s.Vendor, Name: s.Name, Source: s.Source + " (not used)", info: s.info, Rank: Unset}
		}
	}
	return min(best[true], best[false]) < Unset
}

// fromStore finds, in what `credctl auth login` stored, the secrets that nothing
// else gives.
func (c *Config) fromStore(ctx context.Context, vendor, profile string, secrets []*Setting) error {
	stored, err := c.stored.get(ctx, vendor, profile, func() (tokenstore.Stored, error) { return c.Store.Load(vendor, profile) })
	for _, s := range secrets {
		if text := stored.Secrets[s.Name]; text != "" {
			s.Source, s.Rank, s.read = stored.Place, FromStore, literally(text)
			if s.info.MaxTTL > 0 && !stored.At.IsZero() {
				s.expires = stored.At.Add(s.info.MaxTTL)
			}
		}
	}
	return err
}

// Forget lets what the settings of a vendor come from be read again, as when its
// token was replaced.
func (c *Config) Forget(vendor string) {
	c.texts.forget(vendor)
	c.stored.forget(vendor)
}

// warnReadable warns, once, of a file with a token in it that others can read. It is
// used all the same: what is mounted into a container is often readable by all.
func (c *Config) warnReadable(path string) {
	info, err := os.Stat(path)
	if err != nil {
		return // reading it says why
	}
	if mode := modeOf(info); mode&0o044 != 0 {
		if _, again := c.warned.LoadOrStore(path, true); !again {
			c.streams.Remark("credctl: warning: others can read %s (mode %04o), which holds a secret; run: chmod 600 %[1]s", path, mode)
		}
	}
}
