package katapult

import (
	"context"
	"fmt"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/verify"
)

// Verify tries the pair of c at its S3 service once.
func (k *keys) Verify(ctx context.Context, c provider.Credential) error {
	if c.Endpoint == "" {
		err := provider.WithClass(provider.ErrVerify, fmt.Errorf("Katapult names no S3 endpoint for %s that credctl may use", c.ID))
		return provider.Hint(err, "verify the key with your own command: --verify exec:COMMAND")
	}
	return verify.S3(ctx, k.conn, c)
}
