//go:build unix

package deliver

import (
	"encoding/base64"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func TestExecStores(t *testing.T) {
	dir := t.TempDir()
	o := Options{Env: []string{
		"PATH=" + os.Getenv("PATH"), "DIR=" + dir, "LANG=C", "VAULT_TOKEN=stays", "CREDCTL_PROFILE=stays",
		"CREDCTL_LOSANT_TOKEN=x", "CREDCTL_KEY=x", "KATAPULT_API_TOKEN=x", "KATAPULT_API_KEY=x", "STRATUM_BEARER_TOKEN=x",
	}, Hide: []string{"STRATUM_BEARER_TOKEN"}}
	d := parse(t, `exec:cat > "$DIR/in"; env > "$DIR/env"; echo noise`, o)
	require.NoError(t, d.Check(t.Context()))
	require.NoFileExists(t, filepath.Join(dir, "in"), "Check runs nothing")
	c := pair("AKIA", "s3cret")
	require.ErrorIs(t, d.ReadBack(t.Context(), c), ErrNoReadBack)
	require.NoError(t, d.Write(t.Context(), c))
	require.NoError(t, d.ReadBack(t.Context(), c))
	for _, another := range []provider.Credential{pair("AKIA", "other"), pair("AKIB", "s3cret"), pair("AKIA", "")} {
		require.ErrorIs(t, d.ReadBack(t.Context(), another), ErrNoReadBack)
	}

	assert.JSONEq(t, `{"provider":"katapult","kind":"access-key","id":"objkey_1","name":"web","key":"AKIA",
		"endpoint":"https://s3.example.com","region":"uk-lon-01","secret":"s3cret"}`, read(t, filepath.Join(dir, "in")))
	env := "\n" + read(t, filepath.Join(dir, "env"))
	for _, want := range []string{
		"CREDCTL_PROVIDER=katapult", "CREDCTL_KIND=access-key", "CREDCTL_ID=objkey_1", "CREDCTL_NAME=web", "CREDCTL_KEY=AKIA",
		"CREDCTL_ENDPOINT=https://s3.example.com", "CREDCTL_REGION=uk-lon-01", "VAULT_TOKEN=stays", "CREDCTL_PROFILE=stays",
	} {
		assert.Contains(t, env, "\n"+want+"\n")
	}
	for _, no := range []string{"s3cret", "LOSANT_TOKEN", "KATAPULT", "STRATUM"} {
		assert.NotContains(t, env, no)
	}
}

func TestExecCheck(t *testing.T) {
	o := Options{Env: os.Environ()}
	require.ErrorIs(t, parse(t, "exec:if true; then", o).Check(t.Context()), provider.ErrUsage)
	t.Setenv("PATH", "")
	require.ErrorIs(t, parse(t, "exec:true", o).Check(t.Context()), provider.ErrUsage)
}

func TestExecFailure(t *testing.T) {
	secret := "it's <s3cret>/+="
	for name, form := range map[string]string{
		"plain": secret, "URL": url.QueryEscape(secret), "path": url.PathEscape(secret), "JSON": `it's \u003cs3cret\u003e/+=`,
		"base64": base64.StdEncoding.EncodeToString([]byte(secret)), "URL base64": base64.URLEncoding.EncodeToString([]byte(secret)),
	} {
		o := Options{Env: append(os.Environ(), "FORM="+form)}
		err := parse(t, `exec:printf 'no\033[1m %s\n' "$FORM" >&2; exit 7`, o).Write(t.Context(), pair("AKIA", secret))
		require.ErrorContains(t, err, "exit status 7: no[1m [redacted]", name)
		assert.NotContains(t, err.Error(), "s3cret")
	}
}
