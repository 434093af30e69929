package config

import (
	"time"

	"github.com/credctl/credctl/internal/config/jwt"
	"github.com/credctl/credctl/internal/provider"
)

// Auth returns the source of the token of an account, or of what it has in place of
// one, and when that expires at the latest. Without a token, source is "".
func (s Settings) Auth() (source string, expires time.Time) {
	for _, one := range s.All {
		if !one.secret() || one.Rank == Unset {
			continue
		}
		if source == "" {
			source = one.Source
		}
		if secret, ok := provider.SecretOf(s.Input.Value(one.info.Name)); ok {
			expires = soonest(expires, jwt.Expiry(secret), one.expires)
		}
	}
	return source, expires
}

// soonest returns the earliest of times; a zero time is unknown.
func soonest(times ...time.Time) (first time.Time) {
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}
