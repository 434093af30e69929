package stratum

import (
	"context"
	"errors"
	"net/http"
	"syscall"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/setting"
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
		return setting.NoToken(vendor, "", token.Info(), "")
	}
}

// explain adds advice to what the server refuses, and to a server that is not there.
func explain(err error) error {
	e, answered := errors.AsType[*provider.Error](err)
	switch {
	case provider.HintOf(err) != "":
	case answered && e.Status == http.StatusUnauthorized:
		return provider.Hint(err, "check the API key or JWT that credctl authenticates with: it is unknown, revoked or expired")
	case answered && e.Status == http.StatusForbidden:
		return provider.Hint(err, "use a key with the admin scope in this tenant; keys that were created through the API have only read and write")
	case errors.Is(err, syscall.ECONNREFUSED):
		return provider.Hint(err, "check that the server runs (its default port is 3001), and pass its URL with --base-url or STRATUM_BASE_URL")
	}
	return err
}
