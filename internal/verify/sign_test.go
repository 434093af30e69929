package verify

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// TestSign holds signatures to those that were computed from the specification by hand.
func TestSign(t *testing.T) {
	for _, c := range []struct{ url, key, region, want string }{
		{"https://uk-lon-1.katapultobjects.com/", "14505c66bf28494b818666339a72db49", "uk-lon-1", "8fea0d922b29ea347de28135d0af445b6bf9f416ff86d4d4165a8aae00c54dc8"},
		{"http://127.0.0.1:9000/", "AKIAIOSFODNN7EXAMPLE", "us-east-1", "5598d41cdd1eda5b792b225d600aca03356ca578efddd4f43d2f122588729b20"},
		{"https://s3.example.com/base/", "K", "eu-west-1", "04214b6fe70c12b2cc48bfd1043310440c5d1e97b2af2812234baca8f732b7f3"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url, nil)
		require.NoError(t, err)
		secret := provider.NewSecret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
		require.NoError(t, sign(t.Context(), req, c.key, secret, c.region, time.Date(2026, 8, 11, 16, 53, 18, 0, time.FixedZone("", 7200))))
		assert.Equal(t, http.Header{
			"X-Amz-Content-Sha256": {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
			"X-Amz-Date":           {"20260811T145318Z"},
			"Authorization": {"AWS4-HMAC-SHA256 Credential=" + c.key + "/20260811/" + c.region + "/s3/aws4_request, " +
				"SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" + c.want},
		}, req.Header)
	}
}
