package config

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// Auth returns where the token of an account comes from, or what it has in place of
// one, and when that expires at the latest. Without a token source is "".
func (s Settings) Auth() (source string, expires time.Time) {
	for _, one := range s.All {
		if !one.secret() || one.Rank == Unset {
			continue
		}
		if source == "" {
			source = one.Source
		}
		if secret, ok := provider.SecretOf(s.Input.Value(one.info.Name)); ok {
			expires = soonest(expires, jwtExpiry(secret), one.expires)
		}
	}
	return source, expires
}

// soonest returns the first of times; a zero one is not known.
func soonest(times ...time.Time) (first time.Time) {
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// jwtExpiry reads when a token expires, if it is a JWT that says so. It is not
// verified: that is the vendor's part.
func jwtExpiry(token provider.Secret) time.Time {
	parts := strings.Split(token.Reveal(), ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	var claims struct {
		Expires float64 `json:"exp"` // a NumericDate may have a fraction
	}
	if err != nil || json.Unmarshal(payload, &claims) != nil || claims.Expires <= 0 || claims.Expires > maxUnix {
		return time.Time{}
	}
	return time.Unix(int64(claims.Expires), 0).UTC()
}

// maxUnix is the end of the year 9999, beyond which no time can be written.
const maxUnix = 253402300799
