package sandbox

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

const stratumPrefix = "/api/v1"

var uuidShape = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
})

// stratum is the control plane in the version that most installations run: 500
// where a 404 is meant, and rotations that forget the rights.
type stratum struct {
	sync.Mutex
	s        *Sandbox
	keys     []*stratumKey // in the order of their making
	byID     map[string]*stratumKey
	bySecret map[string]*stratumKey
	tenants  []stratumTenantRow
	roles    []stratumRole
	audit    []stratumEvent

	addresses map[string]*window
}

type stratumKey struct {
	id, tenant, secret string // tenant "" is a global key
	name               *string
	scopes             []string
	role               string
	created            time.Time
	lastUsed           *time.Time
	revoked, expires   *time.Time
	rateMax            float64
	rateWindow         string
	count              window
	unwritten          *time.Time // when it was used, where that is written late
	stamped            time.Time  // when that was written last, where it is written once a minute
	seeded             bool
	encoded            []byte // the item of a listing; nil when it has to be made again
}

func (v *stratum) route(c *call) route {
	rt := v.find(c)
	rt.handle = v.perAddress(rt.handle)
	return rt
}

func (v *stratum) find(c *call) route {
	seg := segments(c.URL.Path, stratumPrefix)
	at := func(method string, pattern ...string) bool {
		return c.Method == method && slices.EqualFunc(pattern, seg, func(want, got string) bool { return want == "*" || want == got })
	}
	switch {
	case at(http.MethodGet, "health"):
		return route{"health", "", v.health}
	case at(http.MethodGet, "api-keys"):
		return route{"list", "", v.as("admin", v.list)}
	case at(http.MethodGet, "api-keys", "dormant"):
		return route{"dormant", "", v.as("admin", v.dormant)}
	case at(http.MethodPost, "api-keys"):
		return route{"create", "", v.as("admin", v.create)}
	case at(http.MethodPost, "api-keys", "*", "rotate"):
		return route{"rotate", seg[1], v.as("admin", v.rotate(seg[1]))}
	case at(http.MethodDelete, "api-keys", "*"):
		return route{"delete", seg[1], v.as("admin", v.revoke(seg[1]))}
	case at(http.MethodGet, "tenants"):
		return route{"tenants", "", v.as("read", v.listTenants)}
	case at(http.MethodGet, "tenants", "*"):
		return route{"tenant", "", v.as("read", v.getTenant(seg[1]))}
	case at(http.MethodGet, "audit-logs"):
		return route{"audit", "", v.as("admin", v.listAudit)}
	case at(http.MethodGet, "roles"):
		return route{"roles", "", v.as("read", v.listRoles)}
	case at(http.MethodPost, "roles"):
		return route{"role", "", v.as("write", v.createRole)}
	case at(http.MethodPost, "roles", "assign", "*"):
		return route{"assign", seg[2], v.as("write", v.assignRole(seg[2]))}
	}
	return route{"other", "", v.as("read", func(*call, stratumCaller) answer {
		if v.s.opts.StratumCarryOver {
			return stratumError(http.StatusNotFound, "NOT_FOUND", "Route not found")
		}
		return stratumError(http.StatusForbidden, "FORBIDDEN", "Route has no tenant-scope declaration")
	})}
}

func (v *stratum) health(*call) answer {
	return answer{status: http.StatusOK, body: map[string]any{
		"status": "ok", "timestamp": isoTime(v.s.stamp()), "db": "connected", "redis": "not_configured",
	}}
}

func (v *stratum) refuse(status int, message string) answer {
	code, text := "INTERNAL_SERVER_ERROR", "An unexpected error occurred"
	var header map[string]string
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		code, text = "VALIDATION_ERROR", "Validation failed"
	case http.StatusUnauthorized:
		code, text = "UNAUTHORIZED", "Invalid or revoked API key"
	case http.StatusForbidden:
		code, text = "FORBIDDEN", "Insufficient permissions for this operation"
	case http.StatusNotFound:
		code, text = "NOT_FOUND", "API key not found or already revoked"
	case http.StatusConflict:
		code, text = "TENANT_INVALID_STATE", "Tenant is not active"
	case http.StatusTooManyRequests:
		code, text = "RATE_LIMITED", "Rate limit exceeded. Try again in 1 seconds."
		header = map[string]string{"Retry-After": "1", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": isoTime(v.s.stamp().Add(time.Second))}
	case http.StatusServiceUnavailable:
		code, text = "SERVICE_UNAVAILABLE", "Service unavailable"
	}
	if message != "" {
		text = message
	}
	a := stratumError(status, code, text)
	a.header = header
	return a
}

func stratumError(status int, code, message string) answer {
	return answer{status: status, body: map[string]any{"error": map[string]any{"code": code, "message": message}}}
}

// unexpected is what the server says where an error was not foreseen: a bad ID, mostly.
func (v *stratum) unexpected() answer { return v.refuse(http.StatusInternalServerError, "") }

func (v *stratum) headers(h http.Header, a answer) {
	if a.status != http.StatusNoContent {
		h.Set("Content-Type", "application/json; charset=utf-8")
	}
	h.Set("Vary", "Origin")
	h.Set("Access-Control-Allow-Credentials", "true")
	for name, value := range rateHeaders(stratumLimit, stratumLimit-1) {
		h.Set(name, value)
	}
}

func (v *stratum) credentials() []Credential {
	v.Lock()
	defer v.Unlock()
	now := v.s.now()
	out := make([]Credential, 0, len(v.keys))
	for _, k := range v.keys {
		c := Credential{Vendor: "stratum", ID: k.id, Secret: k.secret, Scopes: k.scopes, Tenant: k.tenant, Live: k.live(now), Seeded: k.seeded, Created: k.created}
		if k.name != nil {
			c.Name = *k.name
		}
		if k.expires != nil {
			c.Expires = *k.expires
		}
		if role, ok := v.role(k.role); ok {
			c.Scopes = role.scopes
		}
		if k.rateMax > 0 || k.rateWindow != "" {
			c.RateLimit = fmt.Sprintf("%v per %s", k.rateMax, cmp.Or(k.rateWindow, "1 minute"))
		}
		out = append(out, c)
	}
	return out
}

// isoTime is how Stratum and Losant write times.
func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func isoOrNull(t *time.Time) any {
	if t == nil {
		return nil
	}
	return isoTime(*t)
}

// tenantOrNull is a tenant as the API shows it.
func tenantOrNull(tenant string) any {
	if tenant == "" {
		return nil
	}
	return strings.ToLower(tenant)
}
