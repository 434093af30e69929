package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

type stratumTenantRow struct {
	id, parent, name, slug, path string
}

func (v *stratum) tenantIndex(id string) int {
	return slices.IndexFunc(v.tenants, func(t stratumTenantRow) bool { return t.id == strings.ToLower(id) })
}

func (t stratumTenantRow) record() map[string]any {
	ancestry, depth := "/", 0
	if t.parent != "" {
		ancestry, depth = "/"+t.parent, strings.Count(t.path, ".")
	}
	return map[string]any{
		"id": t.id, "parent_id": tenantOrNull(t.parent), "ancestry_path": ancestry, "ancestry_ltree": t.path, "depth": depth,
		"name": t.name, "slug": t.slug, "config": map[string]any{}, "metadata": map[string]any{},
		"isolation_strategy": "SHARED_RLS", "status": "active", "deleted_at": nil,
		"created_at": isoTime(stratumFounded), "updated_at": isoTime(stratumFounded),
		"connection_config": nil, "region_id": nil, "sort_order": 0,
	}
}

// listTenants pages by cursor for an operator; a caller of a tenant gets its whole subtree at once.
func (v *stratum) listTenants(c *call, u stratumCaller) answer {
	q := c.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if q.Get("limit") == "" {
		limit, err = 50, nil
	}
	if err != nil || limit < 1 || limit > 100 {
		return v.refuse(http.StatusBadRequest, "")
	}
	data, next, skipping := []any{}, any(nil), q.Get("cursor") != "" && u.tenant == ""
	last := ""
	for _, t := range v.tenants {
		if skipping || !v.sees(u, t.id) {
			skipping = skipping && t.id != q.Get("cursor")
			continue
		}
		if len(data) == limit && u.tenant == "" {
			next = last
			break
		}
		data, last = append(data, t.record()), t.id
	}
	return answer{status: http.StatusOK, body: map[string]any{"data": data, "next_cursor": next, "has_more": next != nil}}
}

func (v *stratum) getTenant(id string) func(*call, stratumCaller) answer {
	return func(_ *call, u stratumCaller) answer {
		i := v.tenantIndex(id)
		switch {
		case !uuidShape().MatchString(id):
			return v.unexpected()
		case !v.sees(u, strings.ToLower(id)):
			return stratumError(http.StatusForbidden, "FORBIDDEN", "API key tenant scope does not grant access to this tenant")
		case i < 0:
			return stratumError(http.StatusNotFound, "TENANT_NOT_FOUND", "Tenant not found")
		}
		return answer{status: http.StatusOK, body: v.tenants[i].record()}
	}
}
