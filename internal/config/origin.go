package config

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/credctl/credctl/internal/config/tokenstore"
	"github.com/credctl/credctl/internal/provider"
)

// Origin returns the scheme, host and port of a base URL. A stored token goes to the
// origin that it was checked with, and nowhere else.
func Origin(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// fromStore finds, in what `credctl auth login` stored, the secrets that nothing
// else provides.
func (c *Config) fromStore(ctx context.Context, s Settings, secrets []*Setting) error {
	vendor, profile := s.vendor.Name, s.Profile.Name
	stored, err := c.stored.Get(ctx, vendor, profile, func() (tokenstore.Stored, error) { return c.Store.Load(vendor, profile) })
	for _, one := range secrets {
		text := stored.Secrets[one.Name]
		if text == "" {
			continue
		}
		one.Source, one.Rank, one.read, one.ID = stored.Place, FromStore, literally(text), stored.IDs[one.Name]
		if want := Origin(s.BaseURL); stored.Origin != want {
			one.read = func(context.Context) (string, error) { return "", otherOrigin(s, stored.Origin, want) }
		}
		if one.info.MaxTTL > 0 && !stored.At.IsZero() {
			one.expires = stored.At.Add(one.info.MaxTTL)
		}
	}
	return err
}

// otherOrigin is the error for a stored token that would go to another origin than
// that it was checked with.
func otherOrigin(s Settings, checked, now string) error {
	vendor, login := s.vendor.Name, "credctl auth login "+s.vendor.Name
	if s.Profile.Name != "" {
		login += " --profile " + s.Profile.Name
	}
	if checked == "" {
		err := fmt.Errorf("the stored %s token is not bound to a server", vendor)
		return provider.Hint(provider.WithClass(provider.ErrDenied, err), "run: %s", login)
	}
	err := fmt.Errorf("the stored %s token is for %s and is not sent to %s (base URL from %s)", vendor, checked, now, s.All[0].Source)
	return provider.Hint(provider.WithClass(provider.ErrDenied, err), "pass --base-url %s, or store a token for the other server: %s --base-url %s", checked, login, now)
}
