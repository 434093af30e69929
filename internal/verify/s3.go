// Package verify finds out whether a new secret works, before anything depends
// on it: with signed requests to an S3 service, or with a command of the user.
package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
	"github.com/credctl/credctl/internal/provider/rest/reach"
)

// tryTimeout bounds one request, to the end of its answer.
const tryTimeout = 10 * time.Second

// S3 tries once whether the pair c.Key and c.Secret is accepted at c.Endpoint. It
// sends two signed GET / (ListBuckets, path style), the one request that needs no
// bucket and changes nothing; c.Region may be empty where the service ignores it.
//
// The first is a control: it is signed with a secret that cannot be right, and the
// service must refuse it as S3 does (InvalidAccessKeyId or SignatureDoesNotMatch).
// Otherwise it accepts or refuses everybody, and its answer proves nothing.
//
//   - nil: the service refuses the control and accepts the pair. It lists the buckets,
//     or denies the listing (403 AccessDenied), which it does after checking the signature.
//   - [provider.ErrMetered]: the same, and the answers show a small rate limit.
//   - [provider.ErrPending]: the service does not know the key ID, or another
//     secret for it. A key that is not active everywhere yet looks like that.
//   - [provider.ErrVerify]: nothing can be told until somebody changes something:
//     the control was not refused, or the endpoint, the region, the clock, a
//     certificate or a proxy is wrong. The hint says what to change.
//   - [provider.ErrUnavailable]: any other answer, or none, says nothing about the pair.
//   - [provider.ErrUsage]: c lacks what a request needs.
//
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html and
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
func S3(ctx context.Context, conn provider.Conn, c provider.Credential) error {
	switch {
	case c.Endpoint == "":
		return provider.Usage("no S3 endpoint is known to verify the secret")
	case c.Key == "" || c.Secret.IsZero():
		return provider.Usage("the access key ID or the secret is missing")
	}
	if err := CheckEndpoint(c.Endpoint); err != nil {
		return provider.Reclassify(provider.ErrVerify, err)
	}
	wrong := c
	wrong.Secret = provider.NewSecret("this is not the secret of any key")
	a, err := ask(ctx, conn, wrong)
	if err != nil {
		return err
	}
	if err := a.judgeControl(); err != nil {
		return err
	}
	if a, err = ask(ctx, conn, c); err != nil {
		return err
	}
	return a.judge()
}

// ask sends a signed GET / to the endpoint of c.
func ask(ctx context.Context, conn provider.Conn, c provider.Credential) (answer, error) {
	req, err := signed(ctx, c)
	if err != nil {
		return answer{}, err
	}
	if err := conn.CheckHost(req.URL.Host); err != nil {
		return answer{}, err
	}
	got, err := rest.Probe(conn, req, tryTimeout)
	switch {
	case errors.Is(err, provider.ErrUnreachable):
		return answer{}, stuck("", "cannot verify access key %s at %s: %w", c.Key, req.URL.Host, err)
	case err != nil:
		return answer{}, unknown(c.Key, req.URL.Host, err)
	}
	return answer{got, read(got.Body), req.URL.Host, region(c), c.Key}, nil
}

// region is the region that requests of c are signed for.
func region(c provider.Credential) string {
	if c.Region == "" {
		return "us-east-1"
	}
	return c.Region
}

// signed returns GET / at the endpoint of c, signed with its pair.
func signed(ctx context.Context, c provider.Credential) (*http.Request, error) {
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		return nil, provider.Usage("the S3 endpoint is not a valid URL")
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/")+"/", ""
	// Whatever is on the way may leave the usual port out, and the signature covers it.
	u.Host = strings.TrimSuffix(u.Host, map[string]string{"https": ":443", "http": ":80"}[u.Scheme])
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, provider.Usage("the S3 endpoint is not a valid URL")
	}
	if err := sign(ctx, req, c.Key, c.Secret, region(c), time.Now()); err != nil {
		return nil, fmt.Errorf("cannot sign the request to %s: %w", u.Host, err)
	}
	return req, reach.Sendable(req.Header)
}

// emptyPayload is the SHA-256 of a request without a body.
const emptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// sign adds what authenticates req, a request without a query and a body, to an
// S3 service: AWS Signature Version 4, made by the signer of the AWS SDK. S3
// requires the path as it is, and the hash of the payload in a header, see
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
func sign(ctx context.Context, req *http.Request, key string, secret provider.Secret, region string, now time.Time) error {
	req.Header.Set("X-Amz-Content-Sha256", emptyPayload)
	return v4.NewSigner().SignHTTP(ctx, aws.Credentials{AccessKeyID: key, SecretAccessKey: secret.Reveal()}, req, emptyPayload, "s3", region, now,
		func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
}
