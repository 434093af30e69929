package verify_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/verify"
)

// The key that is tried is a new one, an old one, or one that a person supplies: the message
// names it by its ID.
func TestAMessageNamesTheKeyThatWasTried(t *testing.T) {
	refuses := answer(403, "application/xml", s3Error("SignatureDoesNotMatch"))
	for name, second := range map[string]transport{
		"refused":      refuses,
		"busy":         answer(503, "", ""),
		"no answer":    refused,
		"wrong region": answer(400, "application/xml", s3Error("AuthorizationHeaderMalformed")),
		"a redirect":   answer(307, "", ""),
		"a proxy":      answer(http.StatusProxyAuthRequired, "", ""),
		"the clock":    answer(403, "application/xml", s3Error("RequestTimeTooSkewed")),
	} {
		conn, _ := twice(refuses, second)
		err := verify.S3(t.Context(), conn, pair())
		require.Error(t, err, name)
		assert.Contains(t, err.Error(), "access key AKIATEST", name)
		assert.NotContains(t, err.Error(), "new", name)
	}
}
