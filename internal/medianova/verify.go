package medianova

import (
	"context"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/verify"
)

func checkEndpoint(endpoint string) error { return verify.CheckEndpoint(verify.Endpoint(endpoint)) }

// Verify tries the key pair of c at the S3 endpoint.
func (s *service) Verify(ctx context.Context, c provider.Credential) error {
	if c.Endpoint == "" {
		c.Endpoint = s.endpoint
	}
	if c.Endpoint == "" {
		return setting.Missing(vendor, s3Endpoint.Info())
	}
	return verify.S3(ctx, s.conn, c)
}
