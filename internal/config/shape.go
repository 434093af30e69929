package config

import (
	"context"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
)

// Shape returns the shape of a new secret of a kind in an account: for a key pair it
// tells whether its S3 endpoint is unknown.
func (c *Config) Shape(ctx context.Context, a Account, kind provider.Kind) (provider.Shape, error) {
	if kind.Endpoint == nil {
		return kind.Shape, nil
	}
	settings, err := c.ResolvePlain(ctx, a)
	if err != nil {
		return kind.Shape, err
	}
	i := kind.Endpoint.Info()
	if v := settings.Input.Value(i.Name); v != nil && v.IsSet() && v.String() != "" {
		return kind.Shape, nil
	}
	kind.Shape.NoEndpoint = provider.HintOf(setting.Missing(a.Vendor.Name, i))
	return kind.Shape, nil
}
