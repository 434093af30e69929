package medianova

import (
	"context"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
	"github.com/credctl/credctl/internal/verify"
)

func checkEndpoint(endpoint string) error { return verify.CheckEndpoint(verify.Endpoint(endpoint)) }

// CheckVerify refuses to replace a credential while the S3 endpoint is not known.
func (s *service) CheckVerify(old provider.Credential) error {
	if s.endpoint == "" && old.Endpoint == "" {
		return setting.Missing(vendor, s3Endpoint.Info())
	}
	return nil
}

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
