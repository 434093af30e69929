package wire

import (
	"net/http"
	"time"

	"github.com/credctl/credctl/internal/provider/rest"
)

// PerAddress is the rate limit of a server that sets no other: of all requests of an
// address, and then of each key. Signs is that the key of a client is the one that
// credctl authenticates with.
func PerAddress(signs bool) rest.Limit {
	return rest.Limit{Window: time.Minute, Requests: 100, RefusesKey: RefusesKey, Signs: signs}
}

// RefusesKey reports whether a refusal for the rate is of the key: it tells the time of
// the reset as a date. The rate of the address comes first, with a number of seconds,
// and proves nothing.
func RefusesKey(refusal http.Header) bool {
	_, err := time.Parse(time.RFC3339, refusal.Get("X-Ratelimit-Reset"))
	return err == nil
}
