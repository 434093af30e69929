package verify

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/credctl/credctl/internal/provider"
)

// emptyPayload is the SHA-256 of a request without a body.
const emptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// sign adds what authenticates req, a request without a query and a body, to an
// S3 service: AWS Signature Version 4, made by the signer of the AWS SDK. S3
// wants the path as it is, and the hash of the payload in a header, see
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
func sign(ctx context.Context, req *http.Request, key string, secret provider.Secret, region string, now time.Time) error {
	req.Header.Set("X-Amz-Content-Sha256", emptyPayload)
	return v4.NewSigner().SignHTTP(ctx, aws.Credentials{AccessKeyID: key, SecretAccessKey: secret.Reveal()}, req, emptyPayload, "s3", region, now,
		func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
}
