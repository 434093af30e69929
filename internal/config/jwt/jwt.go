// Package jwt reads when a token expires.
package jwt

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// Expiry returns when a token expires, if it is a JWT with that claim. It does not
// verify the token: the vendor does.
func Expiry(token provider.Secret) time.Time {
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

// maxUnix is the end of the year 9999: later times cannot be written in RFC 3339.
const maxUnix = 253402300799
