package step

import (
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/run"
)

// replacesSigner reports whether the new credential has yet to show that it can take
// the place of the one that credctl signs with.
func replacesSigner(r *run.Run) bool {
	return r.Op.Options.Self && !r.Op.Retired && len(r.Op.Delivered) == 0
}

func describeSigner(r *run.Run) []string {
	return Line(true, "make a request with the new secret, which must be allowed what credctl does with %s", r.Op.Subject.ID)
}

// tryAsSigner makes an administrative request that is signed by the new credential.
func tryAsSigner(ctx context.Context, r *run.Run) error {
	service, _, err := r.Open(ctx, r.Op.Subject, r.Secret)
	if err == nil {
		_, err = run.List(ctx, service)
	}
	switch {
	case errors.Is(err, provider.ErrDenied):
		return refuse(ctx, r, fmt.Errorf("the new one may not do what credctl does with the old one: %w", err))
	case err != nil:
		return provider.Reclassify(provider.ErrPartial, fmt.Errorf("whether the new one may do what the old one may could not be told: %w", err))
	}
	return nil
}

// retirer returns the service that deletes the old credential: signed by the new one,
// where credctl signs with the old one.
func retirer(ctx context.Context, r *run.Run) (provider.Service, error) {
	if !r.Op.Options.Self {
		return r.Service, nil
	}
	service, _, err := r.Open(ctx, r.Op.Subject, r.Secret)
	if err != nil {
		return nil, provider.Reclassify(provider.ErrPartial, err)
	}
	return service, nil
}
