package rotation

import (
	"context"

	"github.com/credctl/credctl/internal/rotation/creation"
)

// Create creates a credential, or generates a secret for one, as [creation.Create]
// does, for the account that is in force now.
func (e *Engine) Create(ctx context.Context, q creation.Request) (Result, error) {
	if err := e.resolve(ctx, &q.Subject, &q.Options); err != nil {
		return Result{Provider: q.Provider, Kind: q.Kind}, err
	}
	result, err := creation.Create(ctx, e.Env, q)
	if result.Operation == "" { // nothing was begun
		return result, err
	}
	return result, e.audit(string(result.Strategy), q.Profile, result, err)
}
