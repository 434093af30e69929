package sandbox

import (
	"net/http"
	"slices"
	"time"
)

// stratumCaller is who signed a request.
type stratumCaller struct {
	id     string
	tenant string // "" sees everything
	scopes []string
}

func (u stratumCaller) may(scope string) bool {
	levels := []string{"read", "write", "admin"}
	return slices.ContainsFunc(u.scopes, func(has string) bool {
		return slices.Index(levels, has) >= slices.Index(levels, scope)
	})
}

// sees says whether a tenant is in the caller's subtree.
func (v *stratum) sees(u stratumCaller, tenant string) bool {
	for u.tenant != "" && tenant != u.tenant {
		i := v.tenantIndex(tenant)
		if i < 0 || v.tenants[i].parent == "" {
			return false
		}
		tenant = v.tenants[i].parent
	}
	return true
}

// as runs what a caller with the scope may do. Authentication and the scope come before
// the limit of the key, and that before the body, as in the server's hooks.
func (v *stratum) as(scope string, handle func(*call, stratumCaller) answer) func(*call) answer {
	return func(c *call) answer {
		u, message := v.authenticate(c)
		if message != "" {
			return stratumError(http.StatusUnauthorized, "UNAUTHORIZED", message)
		}
		c.by = u.id
		if !u.may(scope) {
			return stratumError(http.StatusForbidden, "FORBIDDEN", "Insufficient permissions for this operation")
		}
		if k := v.byID[u.id]; k != nil {
			if a, over := v.limit(c, k); over {
				return a
			}
		}
		if c.Method != http.MethodGet {
			if a, bad := stratumBody(c); bad {
				return a
			}
		}
		return handle(c, u)
	}
}

// authenticate finds the caller; a bad X-API-Key does not fall back to the token.
func (v *stratum) authenticate(c *call) (stratumCaller, string) {
	if secret := c.Header.Get("X-Api-Key"); secret != "" {
		k := v.bySecret[secret]
		if k == nil || !k.live(c.at) {
			return stratumCaller{}, "Invalid or revoked API key"
		}
		v.use(c, k)
		scopes := k.scopes
		if role, ok := v.role(k.role); ok {
			scopes = role.scopes
		}
		return stratumCaller{k.id, k.tenant, scopes}, ""
	}
	token, ok := bearer(c.Request)
	switch {
	case !ok:
		return stratumCaller{}, "Authentication required. Provide X-API-Key or Authorization: Bearer header"
	case token != StratumBearer:
		return stratumCaller{}, "Invalid or expired token"
	}
	return stratumCaller{"", stratumTenant, []string{"admin"}}, ""
}

// use writes down when a key was used, as the option says.
func (v *stratum) use(c *call, k *stratumKey) {
	for _, late := range v.keys {
		if late.unwritten != nil {
			late.lastUsed, late.unwritten, late.encoded = late.unwritten, nil, nil
		}
	}
	used := v.s.used()
	switch v.s.opts.StratumStamps {
	case "never":
	case "late":
		k.unwritten = &used
	case "minute":
		if k.lastUsed == nil || c.at.Sub(k.stamped) >= time.Minute {
			k.lastUsed, k.stamped, k.encoded = &used, c.at, nil
		}
	default:
		k.lastUsed, k.encoded = &used, nil
	}
}

func (k *stratumKey) live(now time.Time) bool {
	return k.revoked == nil && (k.expires == nil || k.expires.After(now))
}

func (v *stratum) accepts(secret string) bool {
	v.Lock()
	defer v.Unlock()
	k := v.bySecret[secret]
	return k != nil && k.live(v.s.now())
}
