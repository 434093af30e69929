package rotation

import (
	"context"

	"github.com/credctl/credctl/internal/rotation/creation"
)

// Create creates a credential, or generates a secret for one, as [creation.Create]
// does, for the account that is in force now.
func (e *Engine) Create(ctx context.Context, q creation.Request) (Result, error) {
	resolved := Request{Subject: q.Subject, Options: q.Options}
	if err := e.resolve(ctx, &resolved); err != nil {
		return Result{Provider: q.Provider, Kind: q.Kind}, err
	}
	q.Subject, q.Options = resolved.Subject, resolved.Options
	result, err := creation.Create(ctx, e.Env, q)
	if result.Operation == "" { // nothing was begun
		return result, err
	}
	return result, e.audit(string(result.Strategy), q.Profile, result, err)
}
