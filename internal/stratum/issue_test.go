package stratum

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendortest"
)

var inAcme = append([]string{"tenant", acme}, operator...)

func TestCreate(t *testing.T) {
	for name, c := range map[string]struct {
		in   []string
		body string
	}{
		"the least": {nil, `{"tenant_id":"` + acme + `"}`},
		"all":       {[]string{"name", "ci", "rate-limit-max", "100", "rate-limit-window", "1 Minute"}, `{"name":"ci","rate_limit_max":100,"rate_limit_window":"1 Minute","tenant_id":"` + acme + `"}`},
		"no name":   {[]string{"name", ""}, `{"name":"","tenant_id":"` + acme + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			k, s := serve(t, inAcme, made)
			got, err := k.Create(t.Context(), inputOf(t, provider.Create, c.in...))
			require.NoError(t, err)
			require.Len(t, s.Sent, 1)
			line, body, _ := strings.Cut(s.Sent[0], " {")
			assert.Equal(t, "POST /api/v1/api-keys", line)
			assert.JSONEq(t, c.body, "{"+body)
			assert.Equal(t, fresh, got.Secret.Reveal())
			assert.Equal(t, id1, got.ID)
			assert.Equal(t, []string{"tenant:" + acme}, got.Scopes)
			assert.Equal(t, "active", got.Status)
			assert.NotContains(t, details(t, got), fresh)
		})
	}
}

func TestBothNamesOfSecretAndPrefix(t *testing.T) {
	for _, body := range []string{
		`{"id":"i","key_prefix":"sk_test_","plaintext_key":"s"}`,
		`{"id":"i","prefix":"sk_test_","key":"s"}`,
		`{"id":"i","prefix":"x","key":"x","key_prefix":"sk_test_","plaintext_key":"s"}`,
		`{"id":"i","prefix":"sk_test_","key":"s","key_prefix":null,"plaintext_key":null}`,
	} {
		k, _ := serve(t, inAcme, "201 "+body)
		got, err := k.Create(t.Context(), provider.Input{})
		require.NoError(t, err)
		assert.Equal(t, "s", got.Secret.Reveal(), body)
		assert.JSONEq(t, `{"id":"i","key_prefix":"sk_test_"}`, details(t, got), body)
	}
}

// details returns the vendor's own record as it is printed.
func details(t *testing.T, c provider.Credential) string {
	t.Helper()
	b, err := json.Marshal(c.Details)
	require.NoError(t, err)
	return string(b)
}

func TestCreateNeedsATenant(t *testing.T) {
	k, s := serve(t, operator)
	_, err := k.Create(t.Context(), provider.Input{})
	require.ErrorIs(t, err, provider.ErrUsage)
	for _, name := range []string{"--tenant", "STRATUM_TENANT_ID", "CREDCTL_STRATUM_TENANT"} {
		require.ErrorContains(t, err, name)
	}
	assert.Empty(t, s.Sent)
}

func TestWindows(t *testing.T) {
	for _, ok := range []string{"1 minute", "30 SECONDS", "7 Days", "12 hour"} {
		require.NoError(t, checkWindow(ok), ok)
	}
	for _, bad := range []string{"", "1minute", "0 seconds", "minute", "1 week", "-1 day", "1 minute ", "1.5 days"} {
		require.Error(t, checkWindow(bad), bad)
	}
}

func TestCreateFailsWith500(t *testing.T) {
	for name, c := range map[string]struct {
		tenant string
		want   error
		not    error
	}{
		"no such tenant":   {`404 {"error":{"code":"TENANT_NOT_FOUND","message":"Tenant not found"}}`, provider.ErrNotFound, provider.ErrUnknown},
		"the tenant is":    {`{"id":"` + acme + `"}`, provider.ErrUnknown, provider.ErrNotFound},
		"it may not be":    {`403 {}`, provider.ErrUnknown, provider.ErrNotFound},
		"it is archived":   {`410 {}`, provider.ErrUnknown, provider.ErrNotFound},
		"it is not to say": {unknown, provider.ErrUnknown, provider.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			k, s := serve(t, inAcme, unknown, c.tenant)
			got, err := k.Create(t.Context(), provider.Input{})
			require.ErrorIs(t, err, c.want)
			require.NotErrorIs(t, err, c.not)
			assert.Empty(t, got.ID)
			assert.Equal(t, "GET /api/v1/tenants/"+acme, s.Sent[1])
		})
	}
}

func TestSuccessWithoutASecret(t *testing.T) {
	k, s := serve(t, inAcme, `201 {"id":"`+id1+`","name":"x","secret":"under a new name"}`)
	got, err := k.Create(t.Context(), provider.Input{})
	require.ErrorIs(t, err, provider.ErrPartial)
	require.ErrorContains(t, err, id1)
	assert.Equal(t, id1, got.ID)
	assert.Contains(t, s.Saved, "under a new name")
	assert.Contains(t, provider.HintOf(err), "/recovery/file")
	assert.NotContains(t, err.Error()+provider.HintOf(err), "under a new name")

	k, s = serve(t, inAcme, `201 {"plaintext_key":"`+fresh+`"}`)
	got, err = k.Create(t.Context(), provider.Input{})
	require.ErrorIs(t, err, provider.ErrUnknown)
	assert.Equal(t, fresh, got.Secret.Reveal(), "what was issued is not dropped")
	assert.Contains(t, s.Saved, fresh)

	k, s = serve(t, inAcme, `201 {"id":"`+id1+`","plaintext_key":"`+fresh+`","created_at":"yesterday"}`)
	_, err = k.Create(t.Context(), provider.Input{})
	require.ErrorIs(t, err, provider.ErrUnknown)
	assert.Contains(t, s.Saved, fresh)

	k, _ = serve(t, inAcme, `201`)
	_, err = k.Create(t.Context(), provider.Input{})
	require.ErrorIs(t, err, provider.ErrUnknown)
}

func TestRotateKeepsTheName(t *testing.T) {
	for name, c := range map[string]struct {
		id   string
		in   []string
		body string
	}{
		"the old one":        {id2, nil, `{"name":"ci-deploy"}`},
		"another":            {id2, []string{"new-name", "new"}, `{"name":"new"}`},
		"upper case":         {strings.ToUpper(id2), nil, `{"name":"ci-deploy"}`},
		"none, and expired":  {id3, nil, `{"name":""}`},
		"none, by the user":  {id2, []string{"new-name", ""}, `{"name":""}`},
		"as long as allowed": {id2, []string{"new-name", strings.Repeat("é", 255)}, `{"name":"` + strings.Repeat("é", 255) + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			k, s := serve(t, operator, listed, made)
			got, err := k.Rotate(t.Context(), c.id, inputOf(t, provider.Rotate, c.in...))
			require.NoError(t, err)
			assert.Equal(t, []string{"GET /api/v1/api-keys", "POST /api/v1/api-keys/" + strings.ToLower(c.id) + "/rotate " + c.body}, s.Sent)
			assert.Equal(t, fresh, got.Secret.Reveal())
			assert.Equal(t, id1, got.ID)
		})
	}
}

func TestRotateOfWhatIsNotThere(t *testing.T) {
	for name, id := range map[string]string{"unknown": acme, "revoked": id1} {
		k, s := serve(t, operator, listed)
		_, err := k.Rotate(t.Context(), id, provider.Input{})
		require.ErrorIs(t, err, provider.ErrNotFound, name)
		assert.Len(t, s.Sent, 1, name)
	}
}

func TestRotateWithALongName(t *testing.T) {
	long := strings.Replace(listed, "ci-deploy", strings.Repeat("n", 300), 1)
	k, s := serve(t, operator, long)
	_, err := k.Rotate(t.Context(), id2, provider.Input{})
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.Len(t, s.Sent, 1)
}

func TestRotateFailsWith500(t *testing.T) {
	for name, c := range map[string]struct {
		after string
		want  error
	}{
		"nothing happened":       {listed, provider.ErrUnknown},
		"it is now revoked":      {strings.Replace(listed, `05:00:00.000Z","revoked_at":null`, `05:00:00.000Z","revoked_at":"2026-11-22T06:00:00.000Z"`, 1), provider.ErrUnknown},
		"it is gone":             {"[]", provider.ErrNotFound},
		"it cannot be found out": {`403 {}`, provider.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			k, s := serve(t, operator, listed, unknown, c.after)
			_, err := k.Rotate(t.Context(), id2, provider.Input{})
			require.ErrorIs(t, err, c.want)
			assert.Len(t, s.Sent, 3, "one rotation, and one look")
		})
	}
}

func TestReplace(t *testing.T) {
	old := provider.Credential{ID: id2, Name: "ci-deploy", Scopes: []string{"tenant:" + acme}}
	k, s := serve(t, operator, made, made, made)
	got, err := k.Replace(t.Context(), old, provider.Input{})
	require.NoError(t, err)
	assert.Equal(t, fresh, got.Secret.Reveal())
	_, err = k.Replace(t.Context(), old, inputOf(t, provider.Rotate, "new-name", "new"))
	require.NoError(t, err)
	old.Name = ""
	_, err = k.Replace(t.Context(), old, provider.Input{})
	require.NoError(t, err)
	assert.Equal(t, []string{
		`POST /api/v1/api-keys {"tenant_id":"` + acme + `","name":"ci-deploy"}`,
		`POST /api/v1/api-keys {"tenant_id":"` + acme + `","name":"new"}`,
		`POST /api/v1/api-keys {"tenant_id":"` + acme + `"}`,
	}, s.Sent)

	old.Scopes = []string{"all-tenants"}
	_, err = k.Replace(t.Context(), old, provider.Input{})
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.Len(t, s.Sent, 3)
}

func TestVerify(t *testing.T) {
	c := provider.Credential{ID: id1, Secret: provider.NewSecret(fresh), Scopes: []string{"tenant:" + globex}}
	for answer, want := range map[string]error{
		`{"id":"x"}`: nil, `403 {}`: nil, `401 {}`: provider.ErrDenied, `400 {}`: provider.ErrInvalid,
		`404 {"error":{"code":"TENANT_NOT_FOUND","message":"Tenant not found"}}`:        nil,
		`410 {"error":{"code":"TENANT_ARCHIVED","message":"Tenant has been archived"}}`: nil,
		`404 {"error":{"code":"NOT_FOUND","message":"Route not found"}}`:                provider.ErrNotFound, // by whoever is in between
		`404 {}`: provider.ErrNotFound,
		`429 {"error":{"code":"VALIDATION_ERROR","message":"Rate limit exceeded, retry in 5 seconds"}}`: provider.ErrRateLimited, // by the limit of the address, before the key was checked
	} {
		k, s := serve(t, inAcme, answer)
		err := k.Verify(t.Context(), c)
		if want == nil {
			require.NoError(t, err, answer)
		} else {
			require.ErrorIs(t, err, want, answer)
		}
		assert.Equal(t, []string{"GET /api/v1/tenants/" + globex}, s.Sent)
		assert.Equal(t, fresh, s.Headers[0].Get("X-Api-Key"), "it is the new key that is tried")
	}
	k, s := serve(t, operator, `{"data":[]}`)
	c.Scopes = []string{"all-tenants"}
	require.NoError(t, k.Verify(t.Context(), c))
	assert.Equal(t, []string{"GET /api/v1/tenants?limit=1"}, s.Sent)
	require.ErrorIs(t, k.Verify(t.Context(), provider.Credential{}), provider.ErrUsage)

	const refused = `429 {"error":{"code":"RATE_LIMITED","message":"Rate limit exceeded"}}`
	for name, x := range map[string]struct {
		answer, limit, reset string
		want                 error
	}{
		"a small limit of the key":                {`{"data":[]}`, "7", "60", provider.ErrMetered},
		"the limit of the address":                {`{"data":[]}`, "100", "60", nil},
		"a refusal shows that of the address":     {`403 {}`, "7", "60", nil},
		"the key has no more requests":            {refused, "7", "2026-11-22T04:55:09.930Z", provider.ErrMetered}, // it was checked before
		"the address has none, at a newer server": {refused, "100", "5", provider.ErrRateLimited},
		"whose limit it is cannot be told":        {refused, "7", "", provider.ErrRateLimited},
	} {
		t.Run(name, func(t *testing.T) {
			k, _ := serve(t, operator)
			k.conn.HTTP = &http.Client{Transport: vendortest.RoundTripper(func(*http.Request) (*http.Response, error) {
				answer := vendortest.Answer(x.answer)
				answer.Header.Set("X-Ratelimit-Limit", x.limit)
				answer.Header.Set("X-Ratelimit-Reset", x.reset)
				return answer, nil
			})}
			if err := k.Verify(t.Context(), c); x.want == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, x.want)
			}
		})
	}
}

func TestWarn(t *testing.T) {
	k, _ := serve(t, operator)
	assert.Contains(t, k.ExplainImpact(provider.Rotate, provider.Credential{}, provider.Input{}), "some versions of the server do not copy scopes, role, expiry and limits")
	assert.Empty(t, k.ExplainImpact(provider.Delete, provider.Credential{}, provider.Input{}))
}
