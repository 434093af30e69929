package main

import (
	"slices"
	"sync"

	"github.com/credctl/credctl/internal/provider"
)

// services are those that a run has opened. Whatever it does with one token at one
// place goes through the same one, which keeps to the pace that the vendor allows.
type services struct {
	mu     sync.Mutex
	opened []openedService
}

type openedService struct {
	provider.Service

	vendor, kind string
	conn         provider.Conn
}

// open returns the service for conn, which it opens unless it has it already.
func (s *services) open(p provider.Provider, kind provider.Kind, conn provider.Conn) (provider.Service, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.opened, func(o openedService) bool {
		return o.vendor == p.Name && o.kind == kind.Name && o.conn.BaseURL == conn.BaseURL && sameSettings(p, o.conn.Settings, conn.Settings)
	})
	if i >= 0 {
		return s.opened[i].Service, nil
	}
	svc, err := kind.Open(conn)
	if err == nil {
		s.opened = append(s.opened, openedService{svc, p.Name, kind.Name, conn})
	}
	return svc, err
}

// sameSettings compares settings of p, secret ones too.
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
