package stratum

import (
	"context"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/stratum/wire"
)

// CheckRotate reports what keeps the rotate route from doing what in asks for.
func (k *keys) CheckRotate(ctx context.Context, id string, in provider.Input) (issues bool, err error) {
	if rateMax.Ptr(in) != nil || rateWindow.Ptr(in) != nil {
		return true, provider.Hint(provider.Usage("a rotation in place cannot set a rate limit"), "pass --overlap")
	}
	if provider.NewName.Get(in) == "" && role.Get(in) == "" {
		return true, nil
	}
	old, err := k.known(ctx, id, in)
	if err == nil {
		_, err = wire.RotatedName(old.Title(), in)
	}
	if err == nil {
		_, err = k.roleIn(ctx, in, old.Tenant)
	}
	return true, err
}
