package stratum

import (
	"context"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/stratum/wire"
)

// issue sends a request that makes a key. What came of it is returned in any case.
func (k *keys) issue(ctx context.Context, r rest.Request) (provider.Credential, error) {
	r.ReturnsSecret = true
	got, err := rest.Do[wire.Issued](ctx, k.api, r)
	if err != nil {
		return provider.Credential{}, explain(err)
	}
	c := got.Credential(time.Now(), true)
	c.Secret = got.Secret
	if !c.Secret.IsZero() && c.ID != "" {
		return c, nil
	}
	return c, k.incomplete(r, c, got.Raw)
}

// incomplete keeps an answer without an ID, or without a secret under any name
// that is known, and says so.
func (s *server) incomplete(r rest.Request, c provider.Credential, raw []byte) error {
	err := provider.WithClass(provider.ErrUnknown, fmt.Errorf("%s %s: the answer has no key ID", r.Method, r.Path))
	if c.ID != "" {
		err = provider.WithClass(provider.ErrPartial, fmt.Errorf("key %s was created, but the answer has no secret", c.ID))
	}
	return s.api.SaveAnswer(r, raw, err)
}
