package deliver

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func TestS3cfg(t *testing.T) {
	path := existing(t, "# mine\n[default]\naccess_key = OLD\naccess_token = stale\ncheck_ssl_certificate = True\n")
	deliver(t, "s3cfg:"+path, Options{}, pair("AKIA", "s3cr/t+="))
	assert.Equal(t, `# mine
[default]
access_key = AKIA
check_ssl_certificate = True
secret_key = s3cr/t+=
bucket_location = uk-lon-01
host_base = s3.example.com
host_bucket = s3.example.com
use_https = True
`, read(t, path))

	local := pair("AKIA", "s3cr/t+=")
	local.Endpoint = "http://127.0.0.1:9000"
	deliver(t, "s3cfg:"+path, Options{}, local)
	assert.Contains(t, read(t, path), "use_https = False")

	s3cmd, err := exec.LookPath("s3cmd")
	if err != nil {
		t.Skip("s3cmd is not installed")
	}
	out, err := exec.CommandContext(t.Context(), s3cmd, "--config", path, "--dump-config").Output()
	require.NoError(t, err)
	for _, want := range []string{"access_key = AKIA", "secret_key = s3cr/t+=", "access_token = \n", "host_base = 127.0.0.1:9000", "use_https = False"} {
		assert.Contains(t, string(out), want)
	}
}

// Without an endpoint s3cmd would send the key to Amazon.
func TestS3cfgNeedsAnEndpoint(t *testing.T) {
	for _, endpoint := range []string{"", "s3.example.com", "https://s3.example.com/prefix", "ftp://s3.example.com"} {
		c := pair("AKIA", "new")
		c.Endpoint = endpoint
		path := existing(t, "")
		err := parse(t, "s3cfg:"+path, Options{}).Write(t.Context(), c)
		require.ErrorIs(t, err, provider.ErrUsage, endpoint)
		assert.Empty(t, read(t, path))
	}
	c := pair("AKIA", "new")
	c.Endpoint = ""
	path := existing(t, "[default]\nhost_base = s3.example.com\n")
	require.NoError(t, parse(t, "s3cfg:"+path, Options{}).Write(t.Context(), c), "what the user has set is as good")
	assert.Contains(t, read(t, path), "secret_key = new")
}
