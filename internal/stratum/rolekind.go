package stratum

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"slices"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/stratum/examples"
	"github.com/credctl/credctl/internal/stratum/wire"
)

// roleKind describes roles, which say what keys may do. They are no credentials.
func roleKind() provider.Kind {
	return provider.NewKind(provider.Kind{
		Name: wire.RoleKind, Title: "roles of API keys", Auxiliary: true,
		Examples: examples.Roles(),
		Params:   map[provider.Verb][]provider.AnyParam{provider.Create: {provider.Name, scopes}},
		Help: map[provider.Verb]string{
			provider.List:   "A role has scopes, and gives them to its keys. Assign a role with `credctl stratum create --role` or `credctl stratum rotate --role`.",
			provider.Create: "The role belongs to the tenant of --tenant. Only an operator's key can create and assign a role without a tenant.\n\n    credctl stratum role create admins --scopes read,write,admin\n    credctl stratum rotate --name operator --self --role admins",
		},
		Unsupported: map[provider.Verb]string{
			provider.Update:   "credctl does not change roles, because that would change all keys with the role",
			provider.Delete:   "credctl does not delete roles, because all keys with the role would lose it",
			provider.Rotate:   "a role is not a credential and has no secret",
			provider.Generate: "a role is not a credential and has no secret",
		},
	}, func(c provider.Conn) (*roleService, error) {
		k, err := open(c)
		return &roleService{k}, err
	})
}

var scopes = provider.Strings("scopes", "`scopes` of the role: read, write, admin").Check(checkScopes).Required()

func checkScopes(given []string) error {
	for _, s := range given {
		if !slices.Contains([]string{"read", "write", "admin"}, s) {
			return provider.Usage("%q is not a scope (valid: read, write, admin)", s)
		}
	}
	return nil
}

// roleService is the open kind.
type roleService struct{ keys *keys }

// List lists the roles of the tenant, or of all tenants.
func (s *roleService) List(ctx context.Context, _ provider.Input) iter.Seq2[provider.Credential, error] {
	return rest.Map(s.keys.roles(ctx, s.keys.tenant), wire.Role.Credential)
}

// Get finds a role in the listing.
func (s *roleService) Get(ctx context.Context, id string) (provider.Credential, error) {
	return provider.Find(rest.Map(s.keys.roles(ctx, ""), wire.Role.Credential), id)
}

// Create creates a role.
//
// See POST /api/v1/roles at https://docs.stratum-hq.org.
func (s *roleService) Create(ctx context.Context, in provider.Input) (provider.Credential, error) {
	body := struct {
		Name   string   `json:"name"`
		Scopes []string `json:"scopes"`
		Tenant string   `json:"tenant_id,omitzero"`
	}{provider.Name.Get(in), scopes.Get(in), s.keys.tenant}
	for r, err := range s.keys.roles(ctx, "") { // the server answers a name that is taken with 500
		switch {
		case err != nil:
			return provider.Credential{}, err
		case r.Name == body.Name:
			return provider.Credential{}, provider.Hint(provider.WithClass(provider.ErrConflict, fmt.Errorf("a role named %q already exists", r.Name)), "to see its scopes: `credctl stratum role list`; or choose another name")
		}
	}
	got, err := rest.Do[wire.Role](ctx, s.keys.api, rest.Request{Method: http.MethodPost, Path: rolePath, Body: body})
	return got.Credential(), explain(err)
}
