package medianova

import (
	"context"
	"net/url"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/verify"
)

func checkEndpoint(endpoint string) error {
	u, err := url.Parse(provider.Endpoint(endpoint))
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return provider.Usage("the S3 endpoint must be a URL, such as https://example.mncdn.com")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !provider.IsLoopback(u.Hostname())) {
		return provider.Usage("the S3 endpoint must be https (plain http is for loopback only)")
	}
	return nil
}

// Verify tries the key pair of c at the S3 endpoint.
func (s *service) Verify(ctx context.Context, c provider.Credential) error {
	if c.Endpoint == "" {
		c.Endpoint = s.endpoint
	}
	if c.Endpoint == "" {
		return provider.Usage("Medianova's API does not tell where its S3 is: set --s3-endpoint or MEDIANOVA_S3_ENDPOINT to the endpoint that the panel shows")
	}
	return verify.S3(ctx, s.conn, c)
}
