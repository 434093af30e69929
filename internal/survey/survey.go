// Package survey lists the credentials of several vendors at once.
package survey

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/session"
)

// A Source is one kind of credentials of a vendor.
type Source struct {
	Vendor string
	provider.Lister
}

// A Failure says that not all credentials of a vendor could be listed.
type Failure struct {
	Vendor string
	Err    error
}

func (f Failure) Error() string { return f.Vendor + ": " + f.Err.Error() }

func (f Failure) Unwrap() error { return f.Err }

// Error is the error of the vendors that could not be listed: nil where there are none.
// A command that lists the others is of class [provider.ErrPartial].
func Error(what string, failed []Failure) error {
	if len(failed) == 0 {
		return nil
	}
	errs := make([]error, len(failed))
	for i, f := range failed {
		errs[i] = f
	}
	return provider.WithClass(provider.ErrPartial, fmt.Errorf("cannot %s every vendor: %w", what, errors.Join(errs...)))
}

// Sources returns what the vendors that have a token list, and the vendors that failed
// before a request. A vendor without a token is left out, unless only names it. That no
// vendor has one is of class [provider.ErrUsage].
func Sources(ctx context.Context, c *config.Config, s *session.Session, only []string) (sources []Source, failed []Failure, err error) {
	if _, err := c.Profile(nil); err != nil { // which is wrong for all vendors
		return nil, nil, err
	}
	for _, name := range only {
		if _, err := c.Vendors.Find(name); err != nil {
			return nil, nil, err
		}
	}
	var none error // why a vendor does not count
	for _, p := range c.Vendors() {
		if len(only) > 0 && !slices.Contains(only, p.Name) {
			continue
		}
		account := config.Account{Vendor: p, Given: provider.NewInput(p.Settings...)}
		found, err := sourcesOf(ctx, s, account)
		switch {
		case err == nil:
			sources = append(sources, found...)
		case errors.Is(err, provider.ErrDenied) && !configured(ctx, c, account):
			if none = err; len(only) > 0 {
				return nil, nil, err
			}
		default:
			failed = append(failed, Failure{p.Name, err})
		}
	}
	if len(sources) == 0 && len(failed) == 0 {
		return nil, nil, provider.Hint(provider.Usage("no vendor is configured: %w", none), "run: credctl auth login, or: credctl sandbox -- credctl list")
	}
	return sources, failed, nil
}

// sourcesOf returns what an account lists: every kind of its vendor that can be listed.
func sourcesOf(ctx context.Context, s *session.Session, account config.Account) (found []Source, err error) {
	conn, err := s.Connect(ctx, account)
	if err != nil {
		return nil, err
	}
	listings, err := conn.Listings()
	for _, l := range listings {
		found = append(found, Source{account.Vendor.Name, l})
	}
	return found, err
}

// configured reports whether there is a source of a token for an account.
func configured(ctx context.Context, c *config.Config, account config.Account) bool {
	s, err := c.Locate(ctx, account)
	return err != nil || s.Configured()
}
