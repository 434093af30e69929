package stratum

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

const notThere = `404 {"error":{"code":"NOT_FOUND","message":"API key not found or already revoked"}}`

func TestDelete(t *testing.T) {
	k, s := serve(t, operator, "204")
	require.NoError(t, k.Delete(t.Context(), id1))
	assert.Equal(t, []string{"DELETE /api/v1/api-keys/" + id1}, s.Sent)
	assert.Empty(t, s.Headers[0].Get("Content-Type"))
}

// A 404 has several meanings, which the listing tells apart.
func TestDeleteOfWhatIsNotThere(t *testing.T) {
	ofTenant := strings.ReplaceAll(listed, "null,\"name\":null", `"`+acme+`","name":null`)
	require.NotEqual(t, listed, ofTenant)
	for name, c := range map[string]struct {
		id, list string
		absent   bool
		says     string
		hint     string
	}{
		"it is revoked":               {id1, listed, true, "already revoked, since 2026-11-01", ""},
		"there is none":               {acme, listed, true, "API key " + acme + " does not exist", ""},
		"it is in another tenant":     {acme, ofTenant, false, "in the tenant of this token", "an operator's key"},
		"it may not be revoked":       {id2, listed, false, "active, in tenant:" + acme, "an operator's key"},
		"it is not known":             {id2, "403 {}", false, "404", "another tenant"},
		"the listing shows no key":    {id2, "[]", false, "in the tenant of this token", "another tenant"},
		"it is revoked, in that case": {strings.ToUpper(id1), listed, true, "already revoked", ""},
	} {
		t.Run(name, func(t *testing.T) {
			k, s := serve(t, operator, notThere, c.list)
			err := k.Delete(t.Context(), c.id)
			require.ErrorIs(t, err, provider.ErrNotFound)
			require.NotErrorIs(t, err, provider.ErrGone)
			require.NotErrorIs(t, err, provider.ErrDenied)
			if c.absent {
				require.ErrorIs(t, err, provider.ErrAbsent)
			} else {
				require.NotErrorIs(t, err, provider.ErrAbsent, "it may exist")
			}
			require.ErrorContains(t, err, c.says)
			assert.Contains(t, provider.HintOf(err), c.hint)
			assert.Equal(t, "GET /api/v1/api-keys", s.Sent[1])
		})
	}
	k, s := serve(t, operator, "404 <html>nothing here</html>")
	err := k.Delete(t.Context(), id1)
	require.ErrorIs(t, err, provider.ErrNotFound)
	require.NotErrorIs(t, err, provider.ErrAbsent, "a gateway knows no keys")
	assert.Len(t, s.Sent, 1)
}

// A repeat that finds nothing is not settled here: whoever deletes knows what there was.
func TestDeleteWhoseAnswerWasLost(t *testing.T) {
	k, s := serve(t, operator, "502 {}", notThere)
	err := k.Delete(t.Context(), id1)
	require.ErrorIs(t, err, provider.ErrGone)
	assert.Len(t, s.Sent, 2)
}
