package session

import (
	"slices"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
)

// opened is a kind that was opened over a connection.
type opened struct {
	provider.Service

	vendor, kind string
	conn         provider.Conn
}

// Open opens a kind. Whatever a run does with one token at one place goes through
// the same service, which keeps to the pace that the vendor allows.
func (c Connection) Open(kind provider.Kind) (provider.Service, error) {
	s := c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.opened, func(o opened) bool {
		return o.vendor == c.vendor.Name && o.kind == kind.Name && o.conn.BaseURL == c.BaseURL && config.SameSettings(c.vendor, o.conn.Settings, c.Settings)
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
