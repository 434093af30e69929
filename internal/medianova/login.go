package medianova

import (
	"context"
	"strings"

	"github.com/credctl/credctl/internal/medianova/wire"
	"github.com/credctl/credctl/internal/provider"
)

// accounts lists organizations.
func accounts(ctx context.Context, c provider.Conn) (choices []provider.AccountChoice, err error) {
	client, prefix, err := dial(c)
	if err != nil {
		return nil, err
	}
	origin := &api{client: client, prefix: strings.TrimSuffix(loginPath(prefix), loginRoute) + single, sure: true}
	for o, err := range all[wire.Bucket](ctx, origin, "organizations") {
		if err != nil {
			return nil, err
		}
		choices = append(choices, provider.AccountChoice{Value: o.UUID, Name: string(o.Name)})
	}
	return choices, nil
}
