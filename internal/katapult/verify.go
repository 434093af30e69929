package katapult

import (
	"context"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/verify"
)

// Verify tries the pair of c at its S3 service once.
func (k *keys) Verify(ctx context.Context, c provider.Credential) error {
	return verify.S3(ctx, k.conn, c)
}
