package stratum

import (
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/stratum/wire"
)

// MaySign reports whether c may be the key that signs the requests: it is active, and
// what the server shows of its secret, where it does, is what the secret begins with.
func (k *keys) MaySign(c provider.Credential) bool {
	if !c.Live() {
		return false
	}
	x, ok := c.Details.(*wire.Key)
	if !ok {
		return true
	}
	prefix, ok := x.Prefix.(string)
	return !ok || k.token.HasPrefix(strings.TrimRight(prefix, "…*."))
}
