package rotation

import (
	"context"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/creation"
)

// Create creates a credential, or generates a secret for one, as [creation.Create]
// does, for the account that is in force now.
func (e *Engine) Create(ctx context.Context, q creation.Request) (result Result, err error) {
	resolved := Request{Subject: q.Subject, Options: q.Options}
	if err := e.resolve(ctx, &resolved); err != nil {
		return Result{Provider: q.Provider, Kind: q.Kind}, err
	}
	q.Subject, q.Options = resolved.Subject, resolved.Options
	if err := e.Journal.CheckAudit(); err != nil {
		return Result{Provider: q.Provider, Kind: q.Kind}, err
	}
	if result, err = creation.Create(ctx, e.Env, q); result.Operation == "" {
		return result, err // nothing was begun
	}
	verb := provider.Generate
	if q.ID == "" {
		verb = provider.Create
	}
	return result, e.audit(string(verb), result, err)
}
