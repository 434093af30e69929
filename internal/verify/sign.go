package verify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// sign adds what authenticates req, a request without a query and a body, to an
// S3 service: AWS Signature Version 4 with the headers host, x-amz-content-sha256
// and x-amz-date. Its steps have the names that they have in
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func sign(req *http.Request, key string, secret provider.Secret, region string, now time.Time) {
	const signedHeaders = "host;x-amz-content-sha256;x-amz-date"
	stamp := now.UTC().Format("20060102T150405Z")
	day, payload := stamp[:8], hexHash("")
	req.Header.Set("X-Amz-Date", stamp)
	req.Header.Set("X-Amz-Content-Sha256", payload)

	canonicalRequest := strings.Join([]string{
		req.Method, req.URL.EscapedPath(), "",
		"host:" + req.URL.Host, "x-amz-content-sha256:" + payload, "x-amz-date:" + stamp, "",
		signedHeaders, payload,
	}, "\n")
	scope := day + "/" + region + "/s3/aws4_request"
	stringToSign := "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + hexHash(canonicalRequest)

	signingKey := []byte("AWS4" + secret.Reveal())
	for _, part := range []string{day, region, "s3", "aws4_request"} {
		signingKey = mac(signingKey, part)
	}
	req.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%x",
		key, scope, signedHeaders, mac(signingKey, stringToSign)))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hexHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
