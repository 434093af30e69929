package stratum

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendortest"
)

func TestList(t *testing.T) {
	all := []string{id2, id1, id3}
	for name, c := range map[string]struct {
		settings, in []string
		sent         string
		want         []string
	}{
		"all":                 {operator, nil, "/api-keys", all},
		"of a tenant":         {append([]string{"tenant", strings.ToUpper(acme)}, operator...), nil, "/api-keys?tenant_id=" + acme, []string{id2}},
		"active":              {operator, []string{"status", "active"}, "/api-keys", []string{id2}},
		"revoked":             {operator, []string{"status", "revoked"}, "/api-keys", []string{id1}},
		"expired":             {operator, []string{"status", "expired"}, "/api-keys", []string{id3}},
		"dormant":             {operator, []string{"dormant", "true"}, "/api-keys/dormant", all},
		"dormant for days":    {operator, []string{"dormant", "true", "days", "30"}, "/api-keys/dormant?days=30", all},
		"dormant of a tenant": {append([]string{"tenant", acme}, operator...), []string{"dormant", "true"}, "/api-keys/dormant", []string{id2}},
	} {
		t.Run(name, func(t *testing.T) {
			k, s := serve(t, c.settings, listed)
			assert.Equal(t, c.want, ids(t, k, inputOf(t, provider.List, c.in...)))
			assert.Equal(t, []string{"GET /api/v1" + c.sent}, s.Sent)
			assert.Empty(t, s.Headers[0].Get("Content-Type"), "it is refused without a body")
		})
	}
}

// A survey goes beyond the tenant of the settings.
func TestSurvey(t *testing.T) {
	k, s := serve(t, append([]string{"tenant", acme}, operator...), listed)
	var got []string
	for c, err := range provider.ListScope(t.Context(), k, provider.Credential{}) {
		require.NoError(t, err)
		got = append(got, c.ID+" "+c.Status)
	}
	assert.Equal(t, []string{id2 + " active", id1 + " revoked", id3 + " expired"}, got)
	assert.Equal(t, []string{"GET /api/v1/api-keys"}, s.Sent)
}

func TestListRefuses(t *testing.T) {
	for _, in := range [][]string{{"days", "3"}, {"dormant", "true", "status", "active"}} {
		k, s := serve(t, operator)
		for _, err := range k.List(t.Context(), inputOf(t, provider.List, in...)) {
			require.ErrorIs(t, err, provider.ErrUsage)
		}
		assert.Empty(t, s.Sent)
	}
	for flag, bad := range map[string]string{"days": "366", "status": "dead"} {
		require.Error(t, inputOf(t, provider.List).Value(flag).Set(bad))
	}
}

func TestListedCredential(t *testing.T) {
	k, _ := serve(t, operator, listed)
	var got []provider.Credential
	for c, err := range k.List(t.Context(), provider.Input{}) {
		require.NoError(t, err)
		c.Details = nil
		got = append(got, c)
	}
	at := func(s string) time.Time {
		x, err := time.Parse(time.RFC3339, s)
		require.NoError(t, err)
		return x
	}
	assert.Equal(t, []provider.Credential{
		{Provider: "stratum", Kind: "api-key", ID: id2, Name: "ci-deploy", Status: "active", Scopes: []string{"tenant:" + acme}, Created: at("2026-11-22T04:53:28.718Z"), LastUsed: at("2026-11-22T05:00:00Z")},
		{Provider: "stratum", Kind: "api-key", ID: id1, Name: "old", Status: "revoked", Revoked: true, Scopes: []string{"tenant:" + globex}, Created: at("2026-10-22T04:53:28.718Z")},
		{Provider: "stratum", Kind: "api-key", ID: id3, Status: "expired", Expired: true, Scopes: []string{"all-tenants"}, Created: at("2026-09-22T04:53:28.718Z"), Expires: at("2026-10-01T00:00:00Z")},
	}, got)
}

func TestDormantStatusIsUnknown(t *testing.T) {
	k, _ := serve(t, operator, `[{"id":"`+id1+`","tenant_id":"`+acme+`","name":"x","last_used_at":null,"created_at":"2026-11-22T04:53:28.718Z"}]`)
	for c, err := range k.List(t.Context(), inputOf(t, provider.List, "dormant", "true")) {
		require.NoError(t, err)
		assert.Empty(t, c.Status, "it may have expired")
	}
}

func TestListEndsInTheMiddle(t *testing.T) {
	k, _ := serve(t, operator, listed[:len(listed)-1])
	var errs, n int
	for _, err := range k.List(t.Context(), provider.Input{}) {
		if err != nil {
			errs++
			continue
		}
		n++
	}
	assert.Equal(t, 3, n)
	assert.Equal(t, 1, errs)
}

func TestGet(t *testing.T) {
	k, s := serve(t, append([]string{"tenant", globex}, operator...), listed)
	c, err := k.Get(t.Context(), strings.ToUpper(id2))
	require.NoError(t, err)
	assert.Equal(t, id2, c.ID)
	assert.Equal(t, []string{"GET /api/v1/api-keys"}, s.Sent, "an ID is found in any tenant")

	k, _ = serve(t, operator, listed)
	_, err = k.Get(t.Context(), acme)
	require.ErrorIs(t, err, provider.ErrNotFound)
}

func TestRefusalsAreExplained(t *testing.T) {
	for status, want := range map[int]string{http.StatusUnauthorized: "revoked", http.StatusForbidden: "admin scope"} {
		k, _ := serve(t, operator, fmt.Sprintf(`%d {"error":{"code":"X","message":"No"}}`, status))
		_, err := k.Get(t.Context(), id1)
		require.ErrorIs(t, err, provider.ErrDenied)
		assert.Contains(t, provider.HintOf(err), want)
	}
}

func BenchmarkList(b *testing.B) {
	item := `{"id":"` + id2 + `","tenant_id":"` + acme + `","name":"ci-deploy","created_at":"2026-11-22T04:53:28.718Z","last_used_at":"2026-11-22T05:00:00.000Z","revoked_at":null,"expires_at":null}`
	body := "[" + strings.Repeat(item+",", 99_999) + item + "]"
	for b.Loop() {
		s := &vendortest.Script{T: b, Answers: []string{body}}
		k, err := open(s.Conn("http://localhost/api/v1", vendortest.Input(b, Provider().Settings, operator...)))
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, err := range k.List(b.Context(), provider.Input{}) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 100_000 {
			b.Fatal(n)
		}
	}
}
