package survey

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/config/tokenstore"
	"github.com/credctl/credctl/internal/config/userfile"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/session"
)

// A Scope says which accounts are listed.
type Scope struct {
	Vendors  []string // nil: all
	Profiles []string // nil: that of the run; "" is the settings that apply without one
}

// Accounts are those of a scope.
type Accounts struct {
	Sources []Source
	Failed  []Failure // before a request
	LeftOut []Failure // accounts that the user may expect, and that have no token
}

// Find returns the accounts of a scope that have a token. One without a token is left
// out, unless the scope names its vendor and no profile has a token for it: that, or no
// account at all, is of class [provider.ErrDenied]. An account that two profiles reach
// with the same token is there once.
func Find(ctx context.Context, c *config.Config, s *session.Session, scope Scope) (found Accounts, err error) {
	if err := scope.check(c); err != nil {
		return found, err
	}
	for _, p := range c.Vendors() {
		if len(scope.Vendors) > 0 && !slices.Contains(scope.Vendors, p.Name) {
			continue
		}
		f := finder{session: s, vendor: p, found: &found}
		for _, profile := range scope.accounts(p) {
			f.add(ctx, c, profile)
		}
		if f.none != nil && !f.any && len(scope.Vendors) > 0 {
			return found, f.none
		}
		if f.expected && !f.any {
			f.leaveOut("")
		}
	}
	if len(found.Sources) == 0 && len(found.Failed) == 0 {
		return found, notConfigured(c, found.LeftOut)
	}
	return found, nil
}

// notConfigured is the error of a scope without any account that has a token: why the
// first that the user may expect has none, or else what no account needs.
func notConfigured(c *config.Config, leftOut []Failure) error {
	err := errors.New("no vendor is configured")
	switch {
	case len(leftOut) > 0 && leftOut[0].Profile == "": // which names the vendor
		err = fmt.Errorf("%w: %w", err, leftOut[0].Err)
	case len(leftOut) > 0:
		err = fmt.Errorf("%w: %w", err, leftOut[0])
	case !c.Store.HasKeyring():
		err = fmt.Errorf("%w (%w)", err, tokenstore.ErrNoKeyring)
	}
	return provider.Hint(provider.WithClass(provider.ErrDenied, err), "run: credctl auth login; to try credctl without an account, run: credctl sandbox -- credctl list")
}

// check finds a vendor or a profile that does not exist, before anything else.
func (s Scope) check(c *config.Config) error {
	for _, name := range s.Vendors {
		if _, err := c.Vendors.Find(name); err != nil {
			return err
		}
	}
	if len(s.Profiles) == 0 {
		_, err := c.Profile(nil)
		return err
	}
	for _, name := range s.Profiles {
		if _, err := c.Profile(&name); err != nil {
			return err
		}
	}
	return nil
}

// accounts returns the accounts at a vendor, one for each profile.
func (s Scope) accounts(p provider.Provider) (all []config.Account) {
	given := provider.NewInput(p.Settings...)
	if len(s.Profiles) == 0 {
		return []config.Account{{Vendor: p, Given: given}}
	}
	for _, name := range s.Profiles {
		all = append(all, config.Account{Vendor: p, Given: given, Profile: &name})
	}
	return all
}

// Profiles returns those of the configuration, in the order of their names, after the
// settings that apply without a profile, where a run uses these.
func Profiles(c *config.Config) ([]string, error) {
	current, err := c.Profile(nil)
	if err != nil {
		return nil, err
	}
	names, err := c.Profiles()
	if names = slices.Sorted(slices.Values(names)); current.Name == "" {
		names = slices.Insert(names, 0, current.Name)
	}
	return names, err
}

// A finder finds the accounts at one vendor.
type finder struct {
	session *session.Session
	vendor  provider.Provider
	found   *Accounts
	open    []session.Connection
	any     bool  // an account has a token, or may have one
	none    error // why one has none

	expected bool // the vendor has a setting, or its token may be where it cannot be read
}

// add adds an account to those that were found, or says why it does not.
func (f *finder) add(ctx context.Context, c *config.Config, account config.Account) {
	profile := ""
	if account.Profile != nil {
		profile = userfile.OrFirst(*account.Profile)
	}
	settings, err := c.Locate(ctx, account)
	if err == nil && !settings.HasToken() && (settings.StoreErr == nil || errors.Is(settings.StoreErr, tokenstore.ErrKeyring)) {
		f.none = settings.CheckToken()
		f.expected = f.expected || settings.HasAccount() || settings.TokenUnknown()
		if own, _ := c.ProfileVendors(profile); account.Profile != nil && slices.Contains(own, f.vendor.Name) {
			f.leaveOut(profile)
		}
		return
	}
	f.any = true
	if err == nil {
		err = f.connect(ctx, account, profile)
	}
	if err != nil {
		f.found.Failed = append(f.found.Failed, Failure{f.vendor.Name, profile, err})
	}
}

// leaveOut names an account that the user may expect.
func (f *finder) leaveOut(profile string) {
	f.expected = false // that is said
	f.found.LeftOut = append(f.found.LeftOut, Failure{f.vendor.Name, profile, f.none})
}

// connect adds what an account lists: every kind of its vendor that can be listed.
func (f *finder) connect(ctx context.Context, account config.Account, profile string) error {
	conn, err := f.session.Connect(ctx, account)
	if err != nil || slices.ContainsFunc(f.open, conn.Same) {
		return err
	}
	f.open = append(f.open, conn)
	listings, err := conn.Listings()
	for _, l := range listings {
		f.found.Sources = append(f.found.Sources, Source{f.vendor.Name, profile, f.vendor.Name + " " + conn.BaseURL + " " + l.Kind.Name, l})
	}
	return err
}
