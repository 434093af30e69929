package katapult

import (
	"cmp"
	"context"
	"net/http"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// loginSteps describes how a person logs in.
func loginSteps() provider.Login {
	return provider.Login{
		Account: org.Info().Name, Required: true, Accounts: accounts,
		Where:  "the Katapult console, API tokens of your organization",
		URL:    "https://docs.katapult.io/docs/api/core/",
		Scopes: "the scopes object_storage and object_storage:read",
		Try:    "credctl katapult list",
	}
}

// accounts lists organizations. A token that has no scope but those for object
// storage may not list them.
//
// See https://docs.katapult.io/docs/api/core/.
func accounts(ctx context.Context, c provider.Conn) (all []provider.AccountChoice, err error) {
	k, err := open(c)
	if err != nil {
		return nil, err
	}
	got, err := rest.Do[struct {
		Organizations []struct {
			ID        string `json:"id"`
			Name      string `json:"name"`
			SubDomain string `json:"sub_domain"`
		} `json:"organizations"`
	}](ctx, k.api, rest.Request{Method: http.MethodGet, Path: "/organizations"})
	for _, o := range got.Organizations {
		all = append(all, provider.AccountChoice{Value: cmp.Or(o.SubDomain, o.ID), Name: o.Name})
	}
	return all, withHint(err)
}
