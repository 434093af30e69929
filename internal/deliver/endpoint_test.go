package deliver

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// A key pair without an endpoint is used at Amazon by whatever reads it, unless the
// file says where S3 is.
func TestAPairWithoutAnEndpointIsNotDelivered(t *testing.T) {
	unknown := Options{Shape: provider.KeyPair()}
	unknown.Shape.NoEndpoint = "pass --s3-endpoint URL"
	for name, c := range map[string]struct{ spec, with string }{
		"aws":               {"aws:web@", "[web]\nendpoint_url = https://s3.example.net\n"},
		"dotenv":            {"dotenv:", "AWS_ENDPOINT_URL=https://s3.example.net\n"},
		"dotenv, by prefix": {"dotenv:?prefix=S3_", "S3_ENDPOINT_URL=https://s3.example.net\n"},
		"s3cfg":             {"s3cfg:", "[default]\nhost_base = s3.example.net\n"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := func(path string) string {
				if c.spec == "dotenv:?prefix=S3_" {
					return "dotenv:" + path + "?prefix=S3_"
				}
				return c.spec + path
			}
			without := pair("AKIA", "canary")
			without.Endpoint = ""

			path := filepath.Join(t.TempDir(), "new")
			err := parse(t, spec(path), unknown).Check(t.Context())
			require.ErrorIs(t, err, provider.ErrUsage)
			assert.Equal(t, "pass --s3-endpoint URL", provider.HintOf(err))
			d := parse(t, spec(path), Options{})
			require.NoError(t, d.Check(t.Context()), "the vendor may say it")
			require.ErrorIs(t, d.Write(t.Context(), without), provider.ErrUsage)
			assert.NoFileExists(t, path)

			path = existing(t, c.with)
			d = parse(t, spec(path), unknown)
			require.NoError(t, d.Check(t.Context()))
			require.NoError(t, d.Write(t.Context(), without))
			require.NoError(t, d.ReadBack(t.Context(), without))
			assert.Contains(t, read(t, path), "s3.example.net")
		})
	}
	path := filepath.Join(t.TempDir(), "c.json") // which no tool uses by itself
	d := parse(t, "json:"+path, unknown)
	require.NoError(t, d.Check(t.Context()))
	require.NoError(t, os.RemoveAll(path))
}
