package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stratumEvent is a line of the audit log.
type stratumEvent struct {
	id, actor, actorType, action, resource, of, tenant string
	before, after                                      map[string]any
	at                                                 time.Time
}

// note writes down a change, with who signed the request.
func (v *stratum) note(u stratumCaller, action, of, resource, tenant string, before, after map[string]any) {
	kind := "api_key"
	if u.id == "" {
		kind = "jwt"
	}
	v.audit = append(v.audit, stratumEvent{v.s.random.uuid(), cmp.Or(u.id, "sandbox"), kind, action, resource, of, tenant, before, after, v.s.stamp()})
}

// noteKey writes down a change of a key, as newer key services alone do.
func (v *stratum) noteKey(u stratumCaller, action string, k *stratumKey, before, after map[string]any) {
	if v.s.opts.StratumCarryOver {
		v.note(u, action, "api_key", k.id, k.tenant, before, after)
	}
}

// listAudit is the log, the newest first.
func (v *stratum) listAudit(c *call, u stratumCaller) answer {
	q := c.URL.Query()
	limit, err := strconv.Atoi(cmp.Or(q.Get("limit"), "100"))
	if err != nil || limit < 1 || limit > 100 {
		return v.refuse(http.StatusBadRequest, "")
	}
	list := []any{}
	for _, e := range slices.Backward(v.audit) {
		wanted := (u.tenant == "" || v.sees(u, e.tenant)) && len(list) < limit
		for name, value := range map[string]string{"action": e.action, "resource_type": e.of, "actor_id": e.actor, "tenant_id": e.tenant} {
			wanted = wanted && (q.Get(name) == "" || strings.EqualFold(q.Get(name), value))
		}
		if wanted {
			list = append(list, map[string]any{
				"id": e.id, "actor_id": e.actor, "actor_type": e.actorType, "action": e.action, "resource_type": e.of, "resource_id": e.resource,
				"tenant_id": tenantOrNull(e.tenant), "source_ip": nil, "request_id": nil, "before_state": e.before, "after_state": e.after,
				"metadata": map[string]any{}, "created_at": isoTime(e.at),
			})
		}
	}
	return answer{status: http.StatusOK, body: list}
}
