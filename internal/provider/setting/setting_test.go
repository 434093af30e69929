package setting_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/setting"
)

func TestMissing(t *testing.T) {
	org := provider.String("org", "").FromEnv("ACME_ORGANIZATION").Labeled("organization").Info()
	region := provider.String("default-region", "").Info()
	err := setting.Missing("acme", org)
	require.ErrorIs(t, err, provider.ErrUsage)
	require.EqualError(t, err, "no Acme organization is set")
	assert.Equal(t, "pass --org, or set CREDCTL_ACME_ORG or ACME_ORGANIZATION, or run: credctl config set acme.org VALUE", provider.HintOf(err))

	err = setting.Missing("acme", org, region)
	require.EqualError(t, err, "no Acme organization or default region is set")
	assert.Equal(t, "pass --org and --default-region, or set CREDCTL_ACME_ORG or ACME_ORGANIZATION, and CREDCTL_ACME_DEFAULT_REGION", provider.HintOf(err))
}

func TestNoToken(t *testing.T) {
	err := setting.NoToken("acme", "", provider.Token.FromEnv("ACME_TOKEN").Info(), "")
	require.ErrorIs(t, err, provider.ErrDenied)
	require.EqualError(t, err, "no Acme token found")
	assert.Equal(t, "run: credctl auth login acme; or set ACME_TOKEN, or pass --token-file FILE", provider.HintOf(err))

	err = setting.NoToken("acme", "", provider.Token.Info(), "no session bus")
	require.EqualError(t, err, "no Acme token found (no session bus)")
	assert.Equal(t, "run: credctl auth login acme; or set CREDCTL_ACME_TOKEN, or pass --token-file FILE", provider.HintOf(err))
}

func TestNoTokenOfAProfile(t *testing.T) {
	err := setting.NoToken("acme", "work", provider.Token.Info(), "")
	assert.Contains(t, provider.HintOf(err), "run: credctl auth login acme --profile work; or set")
}

func TestCheckRegion(t *testing.T) {
	for _, s := range []string{"", "uk-lon-1", "eu_west.2"} {
		require.NoError(t, setting.CheckRegion(s), s)
	}
	for _, s := range []string{"uk lon", `uk\`, "a;b", "a'b", "a\nb", "é"} {
		require.ErrorIs(t, setting.CheckRegion(s), provider.ErrUsage, s)
	}
}
