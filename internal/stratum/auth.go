package stratum

import (
	"context"
	"errors"
	"net/http"
	"syscall"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// authenticate sends the API key, or else the JWT. Never both: the server does
// not fall back to the JWT when it refuses the key.
func authenticate(key, jwt provider.Secret) func(context.Context, *http.Request) error {
	switch {
	case !key.IsZero():
		return rest.Header("X-API-Key", key)
	case !jwt.IsZero():
		return rest.Bearer(jwt)
	}
	return func(context.Context, *http.Request) error {
		return provider.WithClass(provider.ErrDenied, errors.New("there is no key to authenticate with: give --token-file or set STRATUM_API_KEY (an API key), or give --bearer-token-file or set STRATUM_BEARER_TOKEN (a JWT)"))
	}
}

// explain adds advice to what the server refuses, and to a server that is not there.
func explain(err error) error {
	e, answered := errors.AsType[*provider.Error](err)
	switch {
	case provider.HintOf(err) != "":
	case answered && e.Status == http.StatusUnauthorized:
		return provider.Hint(err, "the key or JWT that credctl authenticates with is unknown, revoked or expired")
	case answered && e.Status == http.StatusForbidden:
		return provider.Hint(err, "everything about API keys needs the admin scope, in the tenant of the key; keys that were made through the API may only read and write")
	case errors.Is(err, syscall.ECONNREFUSED):
		return provider.Hint(err, "nothing listens there; the server's own default is port 3001: set --base-url or STRATUM_BASE_URL")
	}
	return err
}
