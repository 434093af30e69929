package providertest

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

var nameRE = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// described checks what p says of itself.
func described(t *testing.T, p provider.Provider) {
	t.Helper()
	assert.Regexp(t, nameRE, p.Name)
	assert.NotEmpty(t, p.Title)
	require.NotEmpty(t, p.Kinds)
	base, err := p.Base("")
	require.NoError(t, err, "the vendor's own base URL")
	assert.NotEmpty(t, base)
	parameters(t, p.Settings)
	for i, k := range p.Kinds {
		assert.Regexp(t, nameRE, k.Name)
		assert.NotEmpty(t, k.Title)
		assert.NotEmpty(t, k.Verbs)
		assert.NotContains(t, provider.Verbs(), provider.Verb(k.Name), "a kind that is named like a verb hides it")
		for _, other := range p.Kinds[:i] {
			assert.NotEqual(t, other.Name, k.Name)
		}
		for v, why := range k.Unsupported {
			assert.NotContains(t, k.Verbs, v, "what is supported needs no excuse")
			assert.NotEmpty(t, strings.TrimSpace(why), v)
			assert.False(t, strings.HasSuffix(why, "."), "%s: without a full stop", v)
		}
		for v, effect := range k.Effects {
			assert.NotEmpty(t, strings.TrimSpace(effect), v)
		}
		for _, params := range k.Params {
			parameters(t, params)
		}
	}
}

// parameters checks the declarations of params.
func parameters(t *testing.T, params []provider.AnyParam) {
	t.Helper()
	seen := map[string]bool{}
	for _, p := range params {
		info := p.Info()
		assert.Regexp(t, nameRE, info.Name)
		assert.NotEmpty(t, info.Usage, info.Name)
		assert.False(t, seen[info.Name], "%s is declared twice", info.Name)
		seen[info.Name] = true
		if info.From == provider.File {
			assert.True(t, strings.HasSuffix(info.Name, "-file"), "%s: what is read from a file says so", info.Name)
		}
		for _, v := range info.Values {
			require.NoError(t, provider.NewInput(p).Value(info.Name).Set(v), info.Name)
		}
	}
}

// ids checks what is said of an ID before a request is made.
func ids(t *testing.T, k provider.Kind, s Samples) {
	t.Helper()
	require.NotEmpty(t, s.ID)
	if k.CheckID == nil {
		return
	}
	require.NoError(t, k.CheckID(s.ID))
	for _, bad := range []string{"", "..", "../x", "a b", s.ID + "\n", s.ID + "/x", s.ID + "?x"} {
		require.Error(t, k.CheckID(bad), "%q", bad)
	}
}
