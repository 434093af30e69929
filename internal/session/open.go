package session

import (
	"slices"

	"github.com/credctl/credctl/internal/provider"
)

// opened is a kind that is open over a connection.
type opened struct {
	provider.Service

	vendor, kind string
	conn         provider.Conn
}

// Open opens a kind. A run opens it once for one token and one server.
func (c Connection) Open(kind provider.Kind) (provider.Service, error) {
	s := c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.opened, func(o opened) bool {
		return o.vendor == c.vendor.Name && o.kind == kind.Name && o.conn.BaseURL == c.BaseURL && sameSettings(c.vendor, o.conn.Settings, c.Settings)
	})
	if i >= 0 {
		return s.opened[i].Service, nil
	}
	svc, err := kind.Open(c.Conn)
	if err == nil {
		s.opened = append(s.opened, opened{svc, c.vendor.Name, kind.Name, c.Conn})
	}
	return svc, err
}

// Same reports whether other leads to the same account with the same token.
func (c Connection) Same(other Connection) bool {
	return c.vendor.Name == other.vendor.Name && c.BaseURL == other.BaseURL && sameSettings(c.vendor, c.Settings, other.Settings)
}

// A Listing is a kind that can be listed.
type Listing struct {
	provider.Lister

	Kind provider.Kind
}

// Listings opens every kind of credentials that can be listed.
func (c Connection) Listings() (all []Listing, err error) {
	for _, kind := range c.vendor.Kinds {
		if kind.Auxiliary {
			continue
		}
		svc, err := c.Open(kind)
		if err != nil {
			return nil, err
		}
		if lister, ok := svc.(provider.Lister); ok {
			all = append(all, Listing{lister, kind})
		}
	}
	return all, nil
}

// sameSettings reports whether two sets of settings of p are equal, including secrets.
func sameSettings(p provider.Provider, a, b provider.Input) bool {
	for _, param := range p.Settings {
		v, w := a.Value(param.Info().Name), b.Value(param.Info().Name)
		x, secret := provider.SecretOf(v)
		y, _ := provider.SecretOf(w)
		if v.IsSet() != w.IsSet() || !secret && v.String() != w.String() || secret && !x.Equal(y) {
			return false
		}
	}
	return true
}
