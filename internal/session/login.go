package session

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/config/tokenstore"
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/fsafe"
	"github.com/credctl/credctl/internal/provider"
)

// loginScheme is the scheme of a stored token as a destination.
const loginScheme = "login:"

// A login is the stored token of a vendor, as a destination.
type login struct {
	config          *config.Config
	vendor, profile string
	setting         string
}

// loginPlace returns the destination VENDOR, or PROFILE/VENDOR, for a secret
// of this shape.
func loginPlace(c *config.Config, place string, shape provider.Shape) (login, error) {
	profile, vendor, found := strings.Cut(place, "/")
	if !found {
		profile, vendor = "", place
	}
	p, err := c.Vendors.Find(vendor)
	if err != nil {
		return login{}, provider.WithClass(provider.ErrUsage, err)
	}
	param, ok := config.TokenParam(p, shape)
	if !ok {
		return login{}, provider.Usage("%s%s cannot store this secret: credctl does not authenticate with it (login stores API tokens)", loginScheme, place)
	}
	return login{c, vendor, profile, param.Setting()}, nil
}

func (l login) String() string {
	return loginScheme + strings.TrimPrefix(l.profile+"/"+l.vendor, "/")
}

// Spec returns the place, which is the same from everywhere.
func (l login) Spec() string { return l.String() }

// Proof returns that the stored token is read again.
func (login) Proof() deliver.Proof { return deliver.ByValue }

// Check reports whether a token is stored that can be replaced.
func (l login) Check(context.Context) error {
	stored, err := l.load()
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", l, err)
	case stored.Secrets == nil:
		return provider.Hint(provider.Usage("%s: no token is stored", l), "run: credctl auth login %s", l.vendor)
	case stored.Place == tokenstore.InKeyring:
		return nil
	}
	return fsafe.Check(l.config.Store.Path(l.vendor, l.profile), fsafe.Options{})
}

func (l login) load() (tokenstore.Stored, error) { return l.config.Store.Load(l.vendor, l.profile) }

func (l login) Write(_ context.Context, c provider.Credential) error {
	if c.Secret.IsZero() {
		return fmt.Errorf("%s: no secret to store", l)
	}
	stored, err := l.load()
	if err == nil && stored.Secrets == nil {
		err = errors.New("the stored token was removed")
	}
	if err == nil {
		stored.Secrets[l.setting] = c.Secret.Reveal()
		if stored.IDs == nil {
			stored.IDs = map[string]string{}
		}
		stored.IDs[l.setting] = c.ID
		err = l.config.Store.Replace(l.vendor, l.profile, stored)
		l.config.Forget(l.vendor)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", l, err)
	}
	return nil
}

func (l login) ReadBack(ctx context.Context, c provider.Credential) error {
	_, got, err := l.Current(ctx)
	if err == nil && !got.Equal(c.Secret) {
		err = provider.WithClass(provider.ErrVerify, errors.New("the stored token is not the new secret"))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", l, err)
	}
	return nil
}

func (l login) Current(context.Context) (string, provider.Secret, error) {
	stored, err := l.load()
	return "", provider.NewSecret(stored.Secrets[l.setting]), err
}
