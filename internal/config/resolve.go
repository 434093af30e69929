package config

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/config/configfile"
	"github.com/credctl/credctl/internal/config/userfile"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/visible"
)

// Resolve returns the settings of an account with all values. With an error it
// returns those that were loaded before it.
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

// ResolvePlain returns the settings of an account with the values of those that are
// not secret. It does not look up what `credctl auth login` stored.
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

// Locate finds where the settings of an account come from, without their values. It
// reads only the configuration and what `credctl auth login` stored, and runs nothing.
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
		s.StoreErr = c.fromStore(ctx, s, secrets)
	}
	return s, nil
}

// locatePlain finds the settings of an account, without those that are stored.
func (c *Config) locatePlain(a Account) (Settings, error) {
	profile, err := c.Profile(a.Profile)
	if err != nil {
		return Settings{}, err
	}
	f, err := c.Load()
	if err != nil {
		return Settings{}, err
	}
	p, given := a.Vendor, a.Given.Clone()
	if err := checkVariables(c.Env, p); err != nil {
		return Settings{}, err
	}
	l := lookup{c, p, f.Sections(profile.Name, p.Name), given}
	base := l.baseURL(a.BaseURL)
	url, err := p.Base(base.Value)
	if err != nil {
		return Settings{}, provider.WithClass(provider.ErrUsage, fmt.Errorf("%w (from %s)", err, base.Source))
	}
	base.Vendor, base.Name, base.Value = p.Name, configfile.BaseURL, url
	s := Settings{Profile: profile, BaseURL: url, Input: given, All: []Setting{base}, vendor: p}
	for _, param := range p.Settings {
		found := l.find(param.Info())
		if found.Rank == FromFlag && param.Info().From == provider.Plain && found.Value == "" {
			return Settings{}, provider.Usage("--%s is empty", param.Info().Name)
		}
		found.Vendor, found.Name, found.info = p.Name, param.Info().Setting(), param.Info()
		s.All = append(s.All, found)
	}
	return s, nil
}

// checkVariables refuses variables that look like settings of a vendor and are
// none: one that is mistyped would silently send a token elsewhere.
func checkVariables(env Env, p provider.Provider) error {
	var known []string
	for _, key := range append([]string{configfile.BaseURL}, settingsOf(p)...) {
		known = append(known, setting.EnvName(p.Name, key))
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if strings.HasPrefix(name, setting.EnvName(p.Name, "")) && env[name] != "" && !slices.Contains(known, name) {
			err := provider.Usage("unknown variable %s", visible.OneLine(name))
			if near := provider.Closest(name, known); near != "" {
				return provider.Hint(err, "did you mean %s?", near)
			}
			return provider.Hint(err, "unset it, or use one of %s", strings.Join(known, ", "))
		}
	}
	return nil
}

func settingsOf(p provider.Provider) (names []string) {
	for _, param := range p.Settings {
		names = append(names, param.Info().Setting())
	}
	return names
}

// pickAuth keeps one way to authenticate: the token, or what a vendor takes in place
// of one, whichever source takes precedence. It reports whether there is one.
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

// Forget makes the next call read the settings of a vendor again, after its token
// was replaced.
func (c *Config) Forget(vendor string) {
	c.texts.Forget(vendor)
	c.stored.Forget(vendor)
}

// warnReadable warns once about a file with a token that other users can read. The
// file is used nevertheless: files that are mounted into a container often are
// readable by all.
func (c *Config) warnReadable(path string) {
	info, err := os.Stat(path)
	if err != nil {
		return // reading the file gives the reason
	}
	if mode := userfile.ModeOf(info); mode&0o044 != 0 {
		if _, again := c.warned.LoadOrStore(path, true); !again {
			c.Streams.Remark("credctl: warning: other users can read %s (mode %04o), which contains a secret; run: chmod 600 %[1]s", path, mode)
		}
	}
}
