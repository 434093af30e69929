package stratum

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/stratum/wire"
)

// role is the role that a new key gets: at servers that know roles, its scopes count
// in place of those of the key.
var role = provider.String("role", "`role` of the new key, by name or ID")

const rolePath = "/roles"

// roles lists the roles that the token can see: of a tenant, or all.
//
// See GET /api/v1/roles at https://docs.stratum-hq.org.
func (s *server) roles(ctx context.Context, tenant string) iter.Seq2[wire.Role, error] {
	query := url.Values{}
	if tenant != "" {
		query.Set("tenant_id", tenant)
	}
	return func(yield func(wire.Role, error) bool) {
		err := rest.Stream(ctx, s.api, rest.Request{Method: http.MethodGet, Path: rolePath, Query: query}, "", nil, func(r wire.Role) bool { return yield(r, nil) })
		if err != nil {
			yield(wire.Role{}, explain(err))
		}
	}
}

// findRole returns the role with this ID or name that a key of the tenant can have.
func (s *server) findRole(ctx context.Context, named, tenant string) (wire.Role, error) {
	found, err := wire.FindRole(s.roles(ctx, ""), named, tenant)
	if err != nil {
		return wire.Role{}, err
	}
	if found == nil {
		return wire.Role{}, provider.Hint(provider.WithClass(provider.ErrNotFound, fmt.Errorf("no role is named %q in tenant %s", named, tenant)),
			"to see the roles, run: credctl stratum role list, or create one: credctl stratum role create %s --scopes read,write", named)
	}
	return *found, nil
}

// ListValues returns the names of the roles for --role that a key of the tenant can have.
func (k *keys) ListValues(ctx context.Context, name string) (values []string, err error) {
	if name != role.Info().Name {
		return nil, nil
	}
	return wire.RoleNames(k.roles(ctx, ""), k.tenant)
}

// assign gives a key a role, whatever role it has.
//
// See POST /api/v1/roles/assign/{keyId} at https://docs.stratum-hq.org.
func (s *server) assign(ctx context.Context, id string, r wire.Role) error {
	body := struct {
		Role string `json:"role_id"`
	}{r.ID}
	_, err := rest.Do[struct{}](ctx, s.api, rest.Request{Method: http.MethodPost, Path: rolePath + "/assign/" + url.PathEscape(id), Body: body})
	if err != nil {
		return fmt.Errorf("cannot assign the role %s to %s: %w", r.Name, id, explain(err))
	}
	return nil
}

// withRole assigns a role to a key that was just issued, and returns the key with it.
// The key is returned whatever comes of that.
func (k *keys) withRole(ctx context.Context, in provider.Input, made provider.Credential, r *wire.Role) (provider.Credential, error) {
	if r == nil {
		return made, nil
	}
	if err := in.Record(made); err != nil {
		return made, err
	}
	if err := k.assign(ctx, made.ID, *r); err != nil {
		return made, provider.Hint(provider.Reclassify(provider.ErrPartial, err), "revoke the key with `credctl stratum delete %s --force`, then try again", made.ID)
	}
	if x, ok := made.Details.(*wire.Key); ok {
		x.Role = r.Name
	}
	return made, nil
}

// roleIn returns the role that --role names, for a key of the tenant; nil is none.
func (k *keys) roleIn(ctx context.Context, in provider.Input, tenant string) (*wire.Role, error) {
	if named := role.Get(in); named != "" {
		r, err := k.findRole(ctx, named, tenant)
		return &r, err
	}
	return nil, nil
}

// is reports whether err is an answer with this status.
func is(err error, status int) bool {
	e, ok := errors.AsType[*provider.Error](err)
	return ok && e.Status == status
}
