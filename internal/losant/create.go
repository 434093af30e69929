package losant

import (
	"context"
	"errors"
	"net/http"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// Create gives a secret of another service to Losant. A configuration of a type
// that is known is checked first: its fields, which of them are needed, their
// lengths and values.
//
// https://docs.losant.com/rest-api/credentials/#post
func (c *credentials) Create(ctx context.Context, in provider.Input) (provider.Credential, error) {
	g, err := read(in)
	if err != nil {
		return provider.Credential{}, err
	}
	config, err := g.Creation(typeName.Get(in))
	if err != nil {
		return provider.Credential{}, err
	}
	body := top(in, name)
	body["type"] = typeName.Get(in)
	body[typeName.Get(in)+"Config"] = config
	r, err := rest.Do[record](ctx, c.api, rest.Request{Method: http.MethodPost, Path: c.path, Query: leanQuery(), Body: body})
	if err == nil && checkID(r.ID) != nil { // it goes into hints and commands
		err = provider.WithClass(provider.ErrUnknown, errors.New("the answer to the create request has no valid ID of a credential"))
	}
	if errors.Is(err, provider.ErrUnknown) {
		err = provider.Hint(err, "check whether it was created with `credctl losant list --filter-name NAME`; names are unique")
	}
	if err != nil {
		return provider.Credential{}, err
	}
	return r.credential(), nil
}
