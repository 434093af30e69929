// Package onboard has what a first login to Stratum needs.
package onboard

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// Login describes how a person logs in, with the setting of the tenant and what opens
// a connection.
func Login(tenant provider.ParamInfo, dial func(provider.Conn) (*rest.Client, error)) provider.Login {
	return provider.Login{
		AskURL: true, Account: tenant.Name,
		Accounts: func(ctx context.Context, c provider.Conn) ([]provider.AccountChoice, error) {
			return accounts(ctx, c, dial)
		},
		Where:  "your Stratum operator, or credctl stratum create",
		URL:    "https://docs.stratum-hq.org",
		Scopes: "the scope admin",
		Try:    "credctl stratum list",
	}
}

// live is how the keys of a server in production begin.
const live = "sk_live_"

// CheckDefault keeps the key of a server in production, which token is, from whatever
// listens on this machine.
func CheckDefault(token provider.Param[provider.Secret]) func(provider.Input) error {
	return func(in provider.Input) error {
		if !token.Get(in).HasPrefix(live) {
			return nil
		}
		return errDefault()
	}
}

func errDefault() error {
	return provider.Hint(provider.Usage("no Stratum URL is set, and credctl does not send a live API key (%s…) to the default http://localhost:3000", live),
		"pass --base-url, or set STRATUM_BASE_URL, to the URL of your server")
}

// accounts lists the tenants that a key can see.
func accounts(ctx context.Context, c provider.Conn, dial func(provider.Conn) (*rest.Client, error)) (all []provider.AccountChoice, err error) {
	api, err := dial(c)
	if err != nil {
		return nil, err
	}
	query := url.Values{"limit": {"100"}}
	for {
		got, err := rest.Do[struct {
			Data []struct {
				ID   string `json:"id"`
				Name string `json:"name"`
			} `json:"data"`
			Next string `json:"next_cursor"`
		}](ctx, api, rest.Request{Method: http.MethodGet, Path: "/tenants", Query: query})
		if err != nil {
			return nil, err
		}
		for _, t := range got.Data {
			all = append(all, provider.AccountChoice{Value: strings.ToLower(t.ID), Name: t.Name})
		}
		if got.Next == "" || got.Next == query.Get("cursor") {
			return all, nil
		}
		query.Set("cursor", got.Next)
	}
}
