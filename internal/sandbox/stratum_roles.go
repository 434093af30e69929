package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

type stratumRole struct {
	id, tenant, name string
	scopes           []string
	created          time.Time
}

func (r stratumRole) record() map[string]any {
	return map[string]any{
		"id": r.id, "name": r.name, "description": nil, "scopes": r.scopes, "tenant_id": tenantOrNull(r.tenant),
		"created_at": isoTime(r.created), "updated_at": isoTime(r.created),
	}
}

func (v *stratum) role(id string) (stratumRole, bool) {
	i := slices.IndexFunc(v.roles, func(r stratumRole) bool { return r.id == strings.ToLower(id) })
	if i < 0 {
		return stratumRole{}, false
	}
	return v.roles[i], true
}

// listRoles is the roles of all tenants for an operator, and those of its own tenant
// for another caller.
func (v *stratum) listRoles(c *call, u stratumCaller) answer {
	tenant := strings.ToLower(c.URL.Query().Get("tenant_id"))
	if tenant == "" {
		tenant = u.tenant
	}
	if tenant != "" && !v.sees(u, tenant) {
		return stratumError(http.StatusForbidden, "FORBIDDEN", "API key tenant scope does not grant access to this tenant")
	}
	list := []any{}
	for _, r := range v.roles {
		if tenant == "" || r.tenant == tenant {
			list = append(list, r.record())
		}
	}
	return answer{status: http.StatusOK, body: list}
}

// createRole and assignRole are the one way by HTTP to an admin key.
func (v *stratum) createRole(c *call, u stratumCaller) answer {
	in, _ := c.object()
	name, _ := in["name"].(string)
	tenant, _ := in["tenant_id"].(string)
	list, _ := in["scopes"].([]any)
	var scopes []string
	for _, s := range list {
		if text, ok := s.(string); ok {
			scopes = append(scopes, text)
		}
	}
	if name == "" || len(scopes) == 0 {
		return v.refuse(http.StatusBadRequest, "Invalid request body")
	}
	if tenant = strings.ToLower(tenant); tenant == "" {
		tenant = u.tenant
	}
	if tenant != "" && !v.sees(u, tenant) {
		return stratumError(http.StatusForbidden, "FORBIDDEN", "API key tenant scope does not grant access to this tenant")
	}
	if slices.ContainsFunc(v.roles, func(r stratumRole) bool { return r.name == name }) {
		return v.unexpected()
	}
	r := stratumRole{v.s.random.uuid(), tenant, name, scopes, v.s.stamp()}
	v.roles = append(v.roles, r)
	v.note(u, "role.created", "role", r.id, r.tenant, nil, map[string]any{"name": name, "scopes": scopes})
	return answer{status: http.StatusCreated, committed: true, body: r.record()}
}

func (v *stratum) assignRole(id string) func(*call, stratumCaller) answer {
	return func(c *call, u stratumCaller) answer {
		in, _ := c.object()
		role, _ := in["role_id"].(string)
		k := v.byID[strings.ToLower(id)]
		r, ok := v.role(role)
		switch {
		case k == nil || k.revoked != nil:
			return v.notFound()
		case !v.sees(u, k.tenant) || ok && !v.sees(u, r.tenant):
			return stratumError(http.StatusForbidden, "FORBIDDEN", "API key tenant scope does not grant access to this tenant")
		case !ok:
			return stratumError(http.StatusNotFound, "NOT_FOUND", "Role not found")
		}
		k.role = r.id
		v.noteKey(u, "api_key.role_assigned", k, nil, map[string]any{"role_id": r.id})
		return answer{status: http.StatusOK, committed: true, body: map[string]any{"success": true}}
	}
}
