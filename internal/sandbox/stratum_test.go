package sandbox

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	stratumKeys   = "/api/v1/api-keys"
	stratumDeploy = "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f501"
	stratumOldCI  = "3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f502"
	noUUID        = "00000000-0000-4000-8000-00000000dead"
)

func TestStratumLife(t *testing.T) {
	c := newClock()
	s := start(t, Options{Now: c.now})
	op := s.client(t, "stratum")
	made := op.do("POST", stratumKeys, `{"tenant_id":"`+strings.ToUpper(stratumTenant)+`","name":"web","rate_limit_max":500,"rate_limit_window":"2 Hours","scopes":["admin"]}`)
	require.Equal(t, 201, made.status, made.body)
	assert.Equal(t, stratumTenant, made.text(t, "tenant_id"))
	assert.Equal(t, "sk_test_", made.text(t, "key_prefix"))
	assert.Regexp(t, `^sk_test_[A-Za-z0-9_-]{43}$`, made.text(t, "plaintext_key"))
	assert.Equal(t, "2026-11-22T12:00:00.000Z", made.text(t, "created_at"))
	assert.Equal(t, "application/json; charset=utf-8", made.header.Get("Content-Type"))
	assert.NotEmpty(t, made.header.Get("X-Ratelimit-Reset"))
	secret, id := made.text(t, "plaintext_key"), made.text(t, "id")
	assert.True(t, s.Authenticates("", secret))
	assert.True(t, s.Authenticates(secret, ""))

	state := s.Credentials("stratum")[5]
	assert.Equal(t, "500 per 2 Hours", state.RateLimit)
	assert.Equal(t, []string{"read", "write"}, state.Scopes, "nobody asks for scopes")
	assert.False(t, s.Credentials("stratum")[3].Expires.IsZero())

	user := client{t, s.URL("stratum"), "X-API-Key: " + secret}
	assert.Equal(t, 403, user.do("GET", stratumKeys, "").status, "a new key is no admin")
	assert.Equal(t, 200, user.do("GET", "/api/v1/tenants/"+stratumTenant, "").status)
	assert.Equal(t, 200, user.do("GET", "/api/v1/tenants/"+stratumStaging, "").status)
	assert.Equal(t, 403, user.do("GET", "/api/v1/tenants/"+stratumGlobex, "").status)

	list := op.do("GET", stratumKeys+"?tenant_id="+stratumTenant, "")
	assert.Equal(t, id, list.text(t, 0, "id"), "newest first")
	assert.Equal(t, "2026-11-22T12:00:00.000Z", list.text(t, 0, "last_used_at"), "it was used")
	assert.NotContains(t, list.body, "sk_test_")

	rotated := op.do("POST", stratumKeys+"/"+id+"/rotate", "")
	require.Equal(t, 201, rotated.status, rotated.body)
	assert.Equal(t, "web (rotated)", rotated.text(t, "name"))
	assert.NotEqual(t, id, rotated.text(t, "id"))
	assert.Equal(t, 401, user.do("GET", "/api/v1/tenants/"+stratumTenant, "").status, "the old key dies at once")
	assert.False(t, s.Authenticates("", secret))
	assert.True(t, s.Authenticates("", rotated.text(t, "plaintext_key")))
	named := op.do("POST", stratumKeys+"/"+rotated.text(t, "id")+"/rotate", `{"name":"web","grace_period":9}`)
	assert.Equal(t, "web", named.text(t, "name"))

	gone := op.do("DELETE", stratumKeys+"/"+named.text(t, "id")+"/", "")
	assert.Equal(t, 204, gone.status)
	assert.Empty(t, gone.body)
	assert.Empty(t, gone.header.Get("Content-Type"), "nothing has no type")
	assert.Equal(t, 404, op.do("DELETE", stratumKeys+"/"+named.text(t, "id"), "").status)
	list = op.do("GET", stratumKeys, "")
	assert.NotNil(t, list.at(t, 0, "revoked_at"), "what is revoked stays in the list")
}

func TestStratumErrors(t *testing.T) {
	unexpected := `{"error":{"code":"INTERNAL_SERVER_ERROR","message":"An unexpected error occurred"}}`
	s := start(t, Options{})
	for _, tc := range []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"rotate of a revoked key", "POST", "/" + stratumOldCI + "/rotate", "", 500, unexpected},
		{"rotate of an unknown key", "POST", "/" + noUUID + "/rotate", "", 500, unexpected},
		{"rotate of no UUID", "POST", "/nope/rotate", "", 500, unexpected},
		{"revoke of no UUID", "DELETE", "/nope", "", 500, unexpected},
		{"revoke of an unknown key", "DELETE", "/" + noUUID, "", 404, `{"error":{"code":"NOT_FOUND","message":"API key not found or already revoked"}}`},
		{"list of no UUID", "GET", "?tenant_id=not-a-uuid", "", 500, unexpected},
		{"list of an unknown tenant", "GET", "?tenant_id=" + noUUID, "", 200, `[]`},
		{"create for an unknown tenant", "POST", "", `{"tenant_id":"` + noUUID + `"}`, 500, unexpected},
		{"create without a tenant", "POST", "", `{"name":"x"}`, 400, `{"error":{"code":"VALIDATION_ERROR","message":"Invalid request body"},"details":[{"code":"invalid_type","expected":"string","received":"undefined","path":["tenant_id"],"message":"Required"}]}`},
		{"create with everything wrong", "POST", "", `{"tenant_id":"x","name":3,"rate_limit_max":"a"}`, 400, `{"error":{"code":"VALIDATION_ERROR","message":"Invalid request body"},"details":[
			{"validation":"uuid","code":"invalid_string","message":"Invalid uuid","path":["tenant_id"]},
			{"code":"invalid_type","expected":"string","received":"number","path":["name"],"message":"Expected string, received number"},
			{"code":"invalid_type","expected":"number","received":"string","path":["rate_limit_max"],"message":"Expected number, received string"}]}`},
		{"create with too small a limit", "POST", "", `{"tenant_id":"` + stratumTenant + `","rate_limit_max":0}`, 400, `{"error":{"code":"VALIDATION_ERROR","message":"Invalid request body"},"details":[{"code":"too_small","minimum":1,"type":"number","inclusive":true,"exact":false,"message":"Number must be greater than or equal to 1","path":["rate_limit_max"]}]}`},
		{"create with too great a limit", "POST", "", `{"tenant_id":"` + stratumTenant + `","rate_limit_max":100001}`, 400, `{"error":{"code":"VALIDATION_ERROR","message":"Invalid request body"},"details":[{"code":"too_big","maximum":100000,"type":"number","inclusive":true,"exact":false,"message":"Number must be less than or equal to 100000","path":["rate_limit_max"]}]}`},
		{"create with a fraction", "POST", "", `{"tenant_id":"` + stratumTenant + `","rate_limit_max":1.5}`, 400, `{"error":{"code":"VALIDATION_ERROR","message":"Invalid request body"},"details":[{"code":"invalid_type","expected":"integer","received":"float","message":"Expected integer, received float","path":["rate_limit_max"]}]}`},
		{"create with a bad window", "POST", "", `{"tenant_id":"` + stratumTenant + `","rate_limit_window":"1minute"}`, 400, `{"error":{"code":"VALIDATION_ERROR","message":"Invalid request body"},"details":[{"validation":"regex","code":"invalid_string","message":"Invalid","path":["rate_limit_window"]}]}`},
		{"create with an array", "POST", "", `[1]`, 400, `{"error":{"code":"VALIDATION_ERROR","message":"Invalid request body"},"details":[{"code":"invalid_type","expected":"object","received":"array","path":[],"message":"Expected object, received array"}]}`},
		{"create with nothing", "POST", "", "", 400, `{"error":{"code":"VALIDATION_ERROR","message":"Invalid request body"},"details":[{"code":"invalid_type","expected":"object","received":"undefined","path":[],"message":"Required"}]}`},
		{"create with bad JSON", "POST", "", `{bad`, 400, `{"error":{"code":"VALIDATION_ERROR","message":"Body is not valid JSON but content-type is set to 'application/json'"}}`},
		{"rotate with a number for a name", "POST", "/" + stratumDeploy + "/rotate", `{"name":5}`, 400, `{"error":{"code":"VALIDATION_ERROR","message":"Validation failed","issues":[{"path":["name"],"message":"Expected string, received number","code":"invalid_type"}]}}`},
		{"rotate with too long a name", "POST", "/" + stratumDeploy + "/rotate", `{"name":"` + strings.Repeat("x", 256) + `"}`, 400, `{"error":{"code":"VALIDATION_ERROR","message":"Validation failed","issues":[{"path":["name"],"message":"String must contain at most 255 character(s)","code":"too_big"}]}}`},
		{"get of one", "GET", "/" + stratumDeploy, "", 403, `{"error":{"code":"FORBIDDEN","message":"Route has no tenant-scope declaration"}}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := s.client(t, "stratum").do(tc.method, stratumKeys+tc.path, tc.body)
			assert.Equal(t, tc.status, r.status)
			assert.JSONEq(t, tc.want, r.body)
		})
	}
	op := s.client(t, "stratum")
	r := op.do("DELETE", stratumKeys+"/"+stratumDeploy, "", "Content-Type: application/json")
	assert.Equal(t, 400, r.status)
	assert.Contains(t, r.body, "Body cannot be empty when content-type is set to 'application/json'")
	assert.Equal(t, 415, op.do("POST", stratumKeys, "tenant_id=1", "Content-Type: application/x-www-form-urlencoded").status)
}

func TestStratumAuthentication(t *testing.T) {
	s := start(t, Options{})
	for header, want := range map[string]int{
		"":                                       401,
		"X-API-Key: sk_test_wrong":               401,
		"Authorization: Bearer nope":             401,
		"Authorization: bearer " + StratumBearer: 401,
		"Authorization: Bearer " + StratumOperatorKey: 401,
		"Authorization: Bearer " + StratumBearer:      200,
		"X-API-Key: " + StratumOperatorKey:            200,
	} {
		r := client{t, s.URL("stratum"), header}.do("GET", stratumKeys, "")
		assert.Equal(t, want, r.status, header)
		if want == 401 {
			assert.Equal(t, "UNAUTHORIZED", r.text(t, "error", "code"))
			assert.Empty(t, r.header.Get("Www-Authenticate"))
		}
	}
	both := client{t, s.URL("stratum"), "X-API-Key: sk_test_wrong"}
	assert.Equal(t, 401, both.do("GET", stratumKeys, "", "Authorization: Bearer "+StratumBearer).status, "a bad key does not fall back to the token")
	assert.Equal(t, 200, client{t, s.URL("stratum"), ""}.do("GET", "/api/v1/health", "").status)
}

func TestStratumTenantBoundCaller(t *testing.T) {
	s := start(t, Options{})
	op := s.client(t, "stratum")
	bound := client{t, s.URL("stratum"), "Authorization: Bearer " + StratumBearer}
	list := bound.do("GET", stratumKeys+"?tenant_id="+stratumGlobex, "")
	assert.Equal(t, stratumTenant, list.text(t, 0, "tenant_id"), "its tenant_id is ignored")
	assert.NotContains(t, list.body, "Operator")
	below := bound.do("POST", stratumKeys, `{"tenant_id":"`+stratumStaging+`"}`)
	assert.Equal(t, 201, below.status)
	assert.Equal(t, 403, bound.do("POST", stratumKeys, `{"tenant_id":"`+stratumGlobex+`"}`).status)
	assert.Equal(t, 403, bound.do("POST", stratumKeys, `{"tenant_id":"`+noUUID+`"}`).status)
	assert.Equal(t, 404, bound.do("DELETE", stratumKeys+"/"+below.text(t, "id"), "").status, "a descendant's key, even its own")
	assert.Equal(t, 404, bound.do("POST", stratumKeys+"/"+noUUID+"/rotate", "").status)
	assert.Equal(t, 500, bound.do("POST", stratumKeys+"/"+stratumOldCI+"/rotate", "").status, "its own and revoked")
	assert.Equal(t, 201, bound.do("POST", stratumKeys+"/"+stratumDeploy+"/rotate", "").status)
	assert.Contains(t, bound.do("GET", stratumKeys+"/dormant", "").body, below.text(t, "id"))
	assert.Len(t, op.do("GET", "/api/v1/tenants?limit=2", "").at(t, "data"), 2)
	page := op.do("GET", "/api/v1/tenants?limit=2", "")
	assert.Equal(t, true, page.at(t, "has_more"))
	rest := op.do("GET", "/api/v1/tenants?limit=2&cursor="+page.text(t, "next_cursor"), "")
	assert.Equal(t, stratumGlobex, rest.text(t, "data", 0, "id"))
	assert.Equal(t, false, rest.at(t, "has_more"))
	assert.Len(t, bound.do("GET", "/api/v1/tenants?limit=1", "").at(t, "data"), 2, "a tenant's caller gets its subtree in one page")
	assert.Equal(t, 404, op.do("GET", "/api/v1/tenants/"+noUUID, "").status)
	assert.Equal(t, 500, op.do("GET", "/api/v1/tenants/x", "").status)
	assert.Equal(t, 400, op.do("GET", "/api/v1/tenants?limit=0", "").status)
}

func TestStratumDormant(t *testing.T) {
	s := start(t, Options{Now: func() time.Time { return time.Date(2026, 9, 2, 0, 0, 0, 0, time.UTC) }})
	op := s.client(t, "stratum")
	for query, want := range map[string]string{
		"":           "backup-job contractor",
		"?days=abc":  "backup-job contractor",
		"?days=0":    "backup-job contractor",
		"?days=9999": "backup-job",
		"?days=1x":   "backup-job contractor ci-deploy",
	} {
		r := op.do("GET", stratumKeys+"/dormant"+query, "")
		var names []string
		list, _ := r.at(t).([]any)
		for i := range list {
			names = append(names, r.text(t, i, "name"))
		}
		assert.Equal(t, want, strings.Join(names, " "), query)
		assert.NotContains(t, r.body, "revoked_at")
	}
}

// TestStratumParallelRotate is one key and many hands: one of them gets the successor.
func TestStratumParallelRotate(t *testing.T) {
	s := start(t, Options{})
	var mu sync.Mutex
	var wg sync.WaitGroup
	count := map[int]int{}
	for range 10 {
		wg.Go(func() {
			r := s.client(t, "stratum").do("POST", stratumKeys+"/"+stratumDeploy+"/rotate", "")
			mu.Lock()
			defer mu.Unlock()
			count[r.status]++
		})
	}
	wg.Wait()
	assert.Equal(t, map[int]int{201: 1, 500: 9}, count)
}

func TestStratumRolesAreTheWayToAdmin(t *testing.T) {
	for _, carry := range []bool{false, true} {
		s := start(t, Options{StratumCarryOver: carry})
		op := s.client(t, "stratum")
		made, err := making(op)
		require.NoError(t, err)
		role := op.do("POST", "/api/v1/roles", `{"name":"admins","scopes":["admin"]}`)
		require.Equal(t, 201, role.status)
		assert.Equal(t, 500, op.do("POST", "/api/v1/roles", `{"name":"admins","scopes":["admin"]}`).status, "a name that exists")
		assert.Equal(t, 400, op.do("POST", "/api/v1/roles", `{"name":"none"}`).status)
		assert.Equal(t, 404, op.do("POST", "/api/v1/roles/assign/"+noUUID, `{"role_id":"`+role.text(t, "id")+`"}`).status)
		assert.Equal(t, 200, op.do("POST", "/api/v1/roles/assign/"+made.text(t, "id"), `{"role_id":"`+role.text(t, "id")+`"}`).status)
		admin := client{t, s.URL("stratum"), "X-API-Key: " + made.text(t, "plaintext_key")}
		assert.Equal(t, 200, admin.do("GET", stratumKeys, "").status)
		rotated := admin.do("POST", stratumKeys+"/"+made.text(t, "id")+"/rotate", "")
		require.Equal(t, 201, rotated.status)
		want := map[bool]int{false: 403, true: 200}[carry]
		next := client{t, s.URL("stratum"), "X-API-Key: " + rotated.text(t, "plaintext_key")}
		assert.Equal(t, want, next.do("GET", stratumKeys, "").status, "an admin that rotates itself locks itself out, but for newer versions")
	}
}

func TestStratumQuotaAndExpiry(t *testing.T) {
	c := newClock()
	s := start(t, Options{Quota: 4, Now: c.now})
	r, err := making(s.client(t, "stratum"))
	require.NoError(t, err)
	assert.Equal(t, 409, r.status)
	assert.Contains(t, r.body, "quota")
	for _, k := range s.Credentials("stratum") {
		assert.Equal(t, k.Name != "old-ci" && k.Name != "contractor", k.Live, k.Name)
		assert.Equal(t, k.Live, s.Authenticates("", k.Secret), k.Name)
	}
}

func TestAuthenticatesNothing(t *testing.T) {
	s := start(t, Options{})
	assert.False(t, s.Authenticates("", ""))
	assert.False(t, s.Authenticates("sk_test_", "sandbox"))
	pending := s.Credentials("katapult")[2]
	assert.Equal(t, "staging", pending.Name)
	assert.False(t, pending.Live)
}
