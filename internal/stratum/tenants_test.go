package stratum

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// A listing that is empty is "none" only where the tenant exists and can be seen.
func TestAnEmptyListing(t *testing.T) {
	const other = `[{"id":"` + id1 + `","tenant_id":"` + globex + `","name":"x","created_at":"2026-11-22T04:53:28.718Z"}]`
	for name, c := range map[string]struct {
		answers []string
		want    error
		says    string
	}{
		"there is none":              {[]string{"[]", `{"id":"` + acme + `"}`}, nil, ""},
		"the tenant does not exist":  {[]string{"[]", `404 {"error":{"code":"TENANT_NOT_FOUND","message":"Tenant not found"}}`}, provider.ErrNotFound, "tenant " + acme + " does not exist"},
		"the tenant is another's":    {[]string{"[]", `403 {"error":{"code":"FORBIDDEN","message":"No"}}`}, provider.ErrDenied, "403"},
		"the token is of another":    {[]string{other}, provider.ErrDenied, "only tenant " + globex},
		"that cannot be found out":   {[]string{"[]", `500 {}`}, provider.ErrUnavailable, "500"},
		"the tenant has keys":        {[]string{listed}, nil, ""},
		"it has none of that status": {[]string{listed}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			k, s := serve(t, inAcme, c.answers...)
			in := provider.Input{}
			if name == "it has none of that status" {
				in = inputOf(t, provider.List, "status", "expired")
			}
			var last error
			for _, err := range k.List(t.Context(), in) {
				last = err
			}
			assert.Len(t, s.Sent, len(c.answers))
			if c.want == nil {
				require.NoError(t, last)
				return
			}
			require.ErrorIs(t, last, c.want)
			require.ErrorContains(t, last, c.says)
		})
	}
}
