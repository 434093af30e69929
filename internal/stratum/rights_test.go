package stratum

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendortest"
)

// A right is what a server shows of the key that signs a request.
type right struct {
	status int
	limit  string
	reset  string // of a refusal for the rate
}

// serveRights opens the kind at a server that answers each key by its rights, and every
// route that does not exist with the status unknown.
func serveRights(t *testing.T, missing int, rights map[string]right) *keys {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		has, known := rights[r.Header.Get("X-Api-Key")]
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Ratelimit-Limit", has.limit)
		status, body := has.status, "[]"
		switch {
		case !known:
			status = http.StatusUnauthorized
		case status == http.StatusTooManyRequests:
			w.Header().Set("X-Ratelimit-Reset", has.reset)
		case status == http.StatusForbidden && r.URL.Path == "/api/v1/audit-logs": // before it looks at the limit
			w.Header().Set("X-Ratelimit-Limit", "10000")
		case status == http.StatusForbidden && strings.HasPrefix(r.URL.Path, "/api/v1/tenants"):
			status, body = http.StatusOK, "{}"
		case r.URL.Path != "/api/v1/audit-logs":
			status = missing
		}
		switch status {
		case http.StatusOK:
		case http.StatusTooManyRequests:
			body = `{"error":{"code":"RATE_LIMITED","message":"no"}}`
		default:
			body = `{"error":{"code":"NOT_FOUND","message":"no"}}`
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	k, err := open(provider.Conn{BaseURL: server.URL + "/api/v1", HTTP: server.Client(), Settings: vendortest.Input(t, Provider().Settings, operator...)})
	require.NoError(t, err)
	return k
}

func key(id, secret string) provider.Credential {
	return provider.Credential{ID: id, Secret: provider.NewSecret(secret)}
}

// What both keys' own answers show is compared.
func TestCompareRights(t *testing.T) {
	admin, plain := right{200, "100", ""}, right{403, "100", ""}
	for name, c := range map[string]struct {
		old, now right
		differ   []string
	}{
		"the same":               {plain, plain, nil},
		"it lost administration": {admin, plain, []string{"it lacks the admin scope"}},
		"it got administration":  {plain, admin, []string{"it has the admin scope; the old key does not"}},
		"it lost its limit":      {right{403, "7", ""}, plain, []string{"its rate limit is 100, not 7"}},
		"both":                   {right{200, "7", ""}, plain, []string{"it lacks the admin scope", "its rate limit is 100, not 7"}},
		"the old key is revoked": {right{401, "", ""}, admin, nil},
	} {
		t.Run(name, func(t *testing.T) {
			k := serveRights(t, 403, map[string]right{"sk_old": c.old, "sk_new": c.now, opKey: admin})
			differ, err := k.CompareRights(t.Context(), key(id1, "sk_old"), key(id2, "sk_new"))
			require.NoError(t, err)
			assert.Equal(t, c.differ, differ)
		})
	}
	t.Run("a key that has no more requests shows its limit", func(t *testing.T) {
		k := serveRights(t, 403, map[string]right{"sk_old": {429, "7", "2026-11-22T04:55:09.930Z"}, opKey: admin})
		keep, _, err := k.CheckRights(t.Context(), key(id1, "sk_old"), false, inputOf(t, provider.Rotate), nil)
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"rate-limit-max": "7"}, keep)
	})
	t.Run("an address that has none does not", func(t *testing.T) {
		k := serveRights(t, 403, map[string]right{"sk_old": {429, "100", "5"}, opKey: admin})
		_, _, err := k.CheckRights(t.Context(), key(id1, "sk_old"), false, inputOf(t, provider.Rotate), nil)
		require.ErrorIs(t, err, provider.ErrRateLimited, "the limit of the key is not known")
		_, err = k.CompareRights(t.Context(), key(id1, "sk_old"), key(id2, "sk_new"))
		require.ErrorIs(t, err, provider.ErrRateLimited)
	})
	t.Run("what is not known is not compared", func(t *testing.T) {
		k := serveRights(t, 403, nil)
		differ, err := k.CompareRights(t.Context(), provider.Credential{ID: id1}, key(id2, "sk_new"))
		require.NoError(t, err)
		assert.Empty(t, differ)
	})
}

// A limit of the key is kept where the request takes one, and refused where not.
func TestCheckRights(t *testing.T) {
	common := right{200, "100", ""}
	for name, c := range map[string]struct {
		old     right
		inPlace bool
		missing int // of a route that does not exist: 404 is the newer service
		keep    map[string]string
		says    string // of an error
		unseen  int
	}{
		"its limit, with overlap":      {right{403, "7", ""}, false, 403, map[string]string{"rate-limit-max": "7"}, "", 2},
		"its limit, in place":          {right{403, "7", ""}, true, 403, nil, "gives its replacement no limit", 0},
		"its limit, at the newer one":  {right{403, "7", ""}, true, 404, nil, "", 0},
		"the limit of all":             {right{403, "100", ""}, false, 403, map[string]string{}, "", 1},
		"administration":               {right{200, "100", ""}, false, 403, nil, "could only read and write", 0},
		"administration, in place":     {right{200, "100", ""}, true, 403, nil, "could only read and write", 0},
		"administration, at the newer": {right{200, "100", ""}, true, 404, nil, "", 0},
		"a secret that is not known":   {right{401, "", ""}, false, 403, map[string]string{}, "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			k := serveRights(t, c.missing, map[string]right{"sk_old": c.old, opKey: common})
			keep, unseen, err := k.CheckRights(t.Context(), key(id1, "sk_old"), c.inPlace, inputOf(t, provider.Rotate), nil)
			if c.says != "" {
				require.ErrorIs(t, err, provider.ErrVerify)
				require.ErrorContains(t, err, c.says)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.keep, keep)
			assert.Len(t, unseen, c.unseen, "%q", unseen)
			for _, said := range unseen { // what was not compared, why, and what to do
				assert.Regexp(t, "^Did not compare [^:]* of "+id1+": [^;]*; [^;]*$", said)
			}
			impact := k.ExplainImpact(provider.Rotate, provider.Credential{}, provider.Input{})
			if c.missing == 404 {
				assert.Empty(t, impact, "this server carries all of it over")
			}
		})
	}
	t.Run("an expiry is not lost", func(t *testing.T) {
		k := serveRights(t, 403, map[string]right{opKey: common})
		_, _, err := k.CheckRights(t.Context(), provider.Credential{ID: id1, Expires: time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)}, true, inputOf(t, provider.Rotate), nil)
		require.ErrorIs(t, err, provider.ErrVerify)
		assert.Contains(t, k.ExplainImpact(provider.Rotate, provider.Credential{Expires: time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)}, provider.Input{}), "never expires")
	})
}
