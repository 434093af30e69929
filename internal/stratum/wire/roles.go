package wire

import (
	"iter"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// A Role is a role, as the API shows it.
type Role struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Description any      `json:"description,omitzero"`
	Scopes      []string `json:"scopes"`
	Tenant      string   `json:"tenant_id,omitzero"` // empty: of no tenant
	Created     Stamp    `json:"created_at,omitzero"`
	Updated     Stamp    `json:"updated_at,omitzero"`
}

// Credential converts r.
func (r Role) Credential() provider.Credential {
	return provider.Credential{
		Provider: Vendor, Kind: RoleKind, ID: r.ID, Name: r.Name, Scopes: r.Scopes, Created: r.Created.At, Updated: r.Updated.At, Details: &r,
	}
}

// An Event is an entry of the audit log, which newer servers write for keys.
type Event struct {
	Actor    string `json:"actor_id"`
	Action   string `json:"action"`
	Resource string `json:"resource_id"`
	Before   struct {
		ID string `json:"id"`
	} `json:"before_state"`
	After struct {
		Role string `json:"role_id"`
	} `json:"after_state"`
	ActorType string `json:"actor_type"`
}

// RoleOf returns the ID of the role of a key, as far as the audit log tells: "" where
// the key has none, or that is not known.
func RoleOf(id string, newestFirst []Event) string {
	for _, e := range newestFirst {
		if !strings.EqualFold(e.Resource, id) {
			continue
		}
		switch e.Action {
		case "api_key.role_assigned":
			return e.After.Role
		case "api_key.role_removed", "api_key.created":
			return ""
		case "api_key.rotated": // which carries the role over
			id = e.Before.ID
		}
	}
	return ""
}

// FindRole returns the role with this ID or name that a key of the tenant can have, or
// nil. One of the tenant comes before one of no tenant.
func FindRole(roles iter.Seq2[Role, error], named, tenant string) (found *Role, err error) {
	for r, err := range roles {
		if err != nil {
			return nil, err
		}
		if (strings.EqualFold(r.ID, named) || r.Name == named) && r.fits(tenant) && (found == nil || found.Tenant == "") {
			found = &r
		}
	}
	return found, nil
}

// RoleNames returns the names of the roles that a key of the tenant can have, or those of
// all tenants if it is "".
func RoleNames(roles iter.Seq2[Role, error], tenant string) (names []string, err error) {
	for r, err := range roles {
		if err != nil {
			return nil, err
		}
		if !slices.Contains(names, r.Name) && (tenant == "" || r.fits(tenant)) {
			names = append(names, r.Name)
		}
	}
	return names, nil
}

// fits reports whether a key of the tenant can have the role.
func (r Role) fits(tenant string) bool { return r.Tenant == "" || strings.EqualFold(r.Tenant, tenant) }
