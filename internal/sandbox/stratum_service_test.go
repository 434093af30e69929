package sandbox

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lastUsed is when the operator's key was used last, as a listing shows it.
func lastUsed(t *testing.T, r reply) any {
	t.Helper()
	list, _ := r.at(t).([]any)
	for i := range list {
		if r.text(t, i, "name") == "Operator" {
			return r.at(t, i, "last_used_at")
		}
	}
	require.Fail(t, "the operator's key is not listed")
	return nil
}

// Servers write down that a key was used in four ways.
func TestStratumStamps(t *testing.T) {
	start1 := time.Date(2026, 9, 2, 0, 0, 0, 0, time.UTC)
	seed := "2026-09-01T08:30:00.000Z"
	for how, want := range map[string][]any{
		"":       {"2026-09-02T00:00:00.000Z", "2026-09-02T00:00:10.000Z", "2026-09-02T00:01:01.000Z"},
		"late":   {seed, "2026-09-02T00:00:00.000Z", "2026-09-02T00:00:10.000Z"},
		"minute": {"2026-09-02T00:00:00.000Z", "2026-09-02T00:00:00.000Z", "2026-09-02T00:01:01.000Z"},
		"never":  {seed, seed, seed},
	} {
		t.Run(how, func(t *testing.T) {
			now := start1
			s := start(t, Options{StratumStamps: how, Now: func() time.Time { return now }})
			op := s.client(t, "stratum")
			var got []any
			for _, after := range []time.Duration{0, 10 * time.Second, 61 * time.Second} {
				now = start1.Add(after)
				got = append(got, lastUsed(t, op.do("GET", stratumKeys, "")))
			}
			assert.Equal(t, want, got)
		})
	}
}

// A limit is a key's own, comes after authentication, and shows on what it signs.
func TestStratumLimitOfAKey(t *testing.T) {
	c := newClock()
	s := start(t, Options{Now: c.now})
	made := s.client(t, "stratum").do("POST", stratumKeys, `{"tenant_id":"`+stratumTenant+`","rate_limit_max":2,"rate_limit_window":"10 seconds"}`)
	require.Equal(t, 201, made.status)
	assert.Equal(t, "10000", made.header.Get("X-Ratelimit-Limit"))
	user := client{t, s.URL("stratum"), "X-API-Key: " + made.text(t, "plaintext_key")}
	for i, left := range []string{"1", "0"} {
		r := user.do("GET", "/api/v1/tenants", "")
		assert.Equal(t, 200, r.status, i)
		assert.Equal(t, "2", r.header.Get("X-Ratelimit-Limit"))
		assert.Equal(t, left, r.header.Get("X-Ratelimit-Remaining"))
		assert.Equal(t, "60", r.header.Get("X-Ratelimit-Reset"), "when more comes is the address's")
	}
	r := user.do("GET", "/api/v1/tenants", "")
	assert.Equal(t, 429, r.status)
	assert.Equal(t, "RATE_LIMITED", r.text(t, "error", "code"))
	assert.NotEmpty(t, r.header.Get("Retry-After"))
	c.pass(11 * time.Second)
	assert.Equal(t, 200, user.do("GET", "/api/v1/tenants", "").status)
}

// The audit log names who signed: changes of roles in all versions, of keys in newer ones.
func TestStratumAuditLog(t *testing.T) {
	for _, newer := range []bool{false, true} {
		s := start(t, Options{StratumCarryOver: newer})
		op := s.client(t, "stratum")
		made, err := making(op)
		require.NoError(t, err)
		role := op.do("POST", "/api/v1/roles", `{"name":"readers","scopes":["read"],"tenant_id":"`+stratumTenant+`"}`)
		require.Equal(t, 200, op.do("POST", "/api/v1/roles/assign/"+made.text(t, "id"), `{"role_id":"`+role.text(t, "id")+`"}`).status)
		log := op.do("GET", "/api/v1/audit-logs?action=role.created", "")
		assert.Equal(t, role.text(t, "id"), log.text(t, 0, "resource_id"))
		assert.Equal(t, "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f500", log.text(t, 0, "actor_id"))
		assert.Equal(t, "readers", op.do("GET", "/api/v1/roles", "").text(t, 0, "name"))
		log = op.do("GET", "/api/v1/audit-logs?resource_type=api_key", "")
		assert.Equal(t, map[bool]int{false: 403, true: 404}[newer], op.do("GET", stratumKeys+"/"+stratumDeploy, "").status)
		if !newer {
			assert.Equal(t, "[]", log.body)
			continue
		}
		assert.Equal(t, role.text(t, "id"), log.text(t, 0, "after_state", "role_id"))
		assert.Equal(t, "api_key.created", log.text(t, 1, "action"))
		rotated := op.do("POST", stratumKeys+"/"+made.text(t, "id")+"/rotate", "")
		log = op.do("GET", "/api/v1/audit-logs?action=api_key.rotated", "")
		assert.Equal(t, rotated.text(t, "id"), log.text(t, 0, "resource_id"))
		assert.Equal(t, made.text(t, "id"), log.text(t, 0, "before_state", "id"))
	}
}

// Of a key in another tenant the server says what it says of none.
func TestStratumOfAnotherTenant(t *testing.T) {
	s := start(t, Options{})
	below := s.client(t, "stratum").do("POST", stratumKeys, `{"tenant_id":"`+stratumStaging+`"}`)
	bound := client{t, s.URL("stratum"), "Authorization: Bearer " + StratumBearer}
	assert.Equal(t, bound.do("DELETE", stratumKeys+"/"+noUUID, "").body, bound.do("DELETE", stratumKeys+"/"+below.text(t, "id"), "").body)
	assert.True(t, s.Authenticates("", below.text(t, "plaintext_key")))
	assert.Equal(t, "[]", bound.do("GET", "/api/v1/roles", "").body)
	global := s.client(t, "stratum").do("POST", "/api/v1/roles", `{"name":"all","scopes":["admin"]}`)
	assert.Equal(t, 403, bound.do("POST", "/api/v1/roles/assign/"+stratumDeploy, `{"role_id":"`+global.text(t, "id")+`"}`).status)
}
