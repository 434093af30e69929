package deliver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/credctl/credctl/internal/provider"
)

// pair is an S3 credential.
func pair(key, secret string) provider.Credential {
	return provider.Credential{
		Provider: "katapult", Kind: "access-key", ID: "objkey_1", Name: "web", Key: key,
		Endpoint: "https://s3.example.com", Region: "uk-lon-01", Secret: provider.NewSecret(secret),
	}
}

func parse(t require.TestingT, spec string, o Options) Destination {
	if o.Shape == (provider.Shape{}) {
		o.Shape = provider.KeyPair()
	}
	d, err := Parse(spec, o)
	require.NoError(t, err)
	return d
}

// existing makes a file with this content.
func existing(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "target")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}

// deliver checks, writes twice and reads back.
func deliver(t testing.TB, spec string, o Options, c provider.Credential) {
	t.Helper()
	d := parse(t, spec, o)
	require.NoError(t, d.Check(t.Context()))
	require.NoError(t, d.Write(t.Context(), c))
	require.NoError(t, d.ReadBack(t.Context(), c))
	require.NoError(t, d.Check(t.Context()))
	require.NoError(t, d.Write(t.Context(), c))
	require.NoError(t, d.ReadBack(t.Context(), c))
	other := c
	other.Secret = provider.NewSecret(c.Secret.Reveal() + "x")
	require.ErrorIs(t, d.ReadBack(t.Context(), other), provider.ErrVerify)
}

// secrets draws values made of the characters that readers stumble over, and any others.
func secrets() *rapid.Generator[string] {
	tricky := rapid.StringOfN(rapid.SampledFrom([]rune("aZ9_ \t\n\r\"'`\\$#;!%(){}=:[]~&|<>*?nrst\u00a0\u0085\u2028é漢🔑")), 1, -1, -1)
	return rapid.OneOf(tricky, rapid.StringMatching(`[A-Za-z0-9+/]{40}={0,2}`), rapid.StringN(1, 30, -1)).
		Filter(func(s string) bool { return !strings.Contains(s, "\x00") })
}
