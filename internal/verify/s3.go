// Package verify finds out whether a new secret works, before anything depends
// on it: with a signed request to an S3 service, or with a command of the user.
package verify

import (
	"context"
	"encoding/xml"
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
)

// tryTimeout bounds one try, to the end of its answer.
const tryTimeout = 10 * time.Second

// S3 tries once whether the pair c.Key and c.Secret is accepted at c.Endpoint. It
// sends a signed GET / (ListBuckets, path style), the one request that needs no
// bucket and changes nothing; c.Region may be empty where the service ignores it.
//
//   - nil: the service knows the pair. That it may not list buckets
//     (403 AccessDenied) says so too, because the signature is checked first.
//   - [provider.ErrPending]: the service does not know the key ID, or another
//     secret for it. A key that is still being spread looks like that.
//   - [provider.ErrUnavailable]: any other answer, or none, says nothing about the pair.
//   - [provider.ErrUsage]: c lacks what a request needs.
//
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html and
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
func S3(ctx context.Context, conn provider.Conn, c provider.Credential) error {
	req, err := signed(ctx, c)
	if err != nil {
		return err
	}
	answer, err := rest.Probe(conn, req, tryTimeout)
	if err != nil {
		return unknown(req, err)
	}
	return judge(req, answer, errorCode(answer.Body))
}

// signed returns GET / at the endpoint of c, signed with its pair.
func signed(ctx context.Context, c provider.Credential) (*http.Request, error) {
	u, err := url.Parse(c.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, provider.Usage("there is no S3 endpoint to try the secret at: it must be a URL, such as https://s3.example.com")
	}
	if c.Key == "" || c.Secret.IsZero() {
		return nil, provider.Usage("there is no pair of an access key ID and a secret to try")
	}
	u.Path, u.RawPath, u.RawQuery, u.Fragment = strings.TrimRight(u.Path, "/")+"/", "", "", ""
	// Whatever is on the way may leave the usual port out, and the signature covers it.
	u.Host = strings.TrimSuffix(u.Host, map[string]string{"https": ":443", "http": ":80"}[u.Scheme])
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, provider.Usage("the S3 endpoint is not a valid address")
	}
	region := c.Region
	if region == "" {
		region = "us-east-1"
	}
	if err := sign(ctx, req, c.Key, c.Secret, region, time.Now()); err != nil {
		return nil, fmt.Errorf("the request to %s could not be signed: %w", u.Host, err)
	}
	return req, nil
}

// judge says what an answer means for the pair.
func judge(req *http.Request, a rest.Answer, code string) error {
	switch {
	case code == "InvalidAccessKeyId", code == "SignatureDoesNotMatch":
		return provider.WithClass(provider.ErrPending, fmt.Errorf("%s does not accept the new key yet (%d %s)", req.URL.Host, a.Status, code))
	case a.Status == http.StatusForbidden && code == "AccessDenied":
		return nil
	case a.Status == http.StatusOK && strings.Contains(a.Header.Get("Content-Type"), "html"):
		return unknown(req, errors.New("an HTML page instead of an S3 answer: is the endpoint right?"))
	case a.Status == http.StatusOK && code == "":
		return nil
	case code == "RequestTimeTooSkewed":
		return unknown(req, fmt.Errorf("%d %s: the clock of this machine is wrong", a.Status, code))
	case code != "":
		return unknown(req, fmt.Errorf("%d %s", a.Status, code))
	}
	return unknown(req, fmt.Errorf("%d %s", a.Status, strings.ToLower(http.StatusText(a.Status))))
}

// unknown is an outcome that says nothing about the pair.
func unknown(req *http.Request, err error) error {
	return provider.WithClass(provider.ErrUnavailable, fmt.Errorf("whether the new key works at %s is unknown: %w", req.URL.Host, err))
}

// codeLetters are those of the codes that S3 services answer.
const codeLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789."

// errorCode returns the code of an S3 error, or "". What no code looks like is
// not shown to anybody.
func errorCode(body []byte) string {
	var e struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
	}
	if err := xml.Unmarshal(body, &e); err != nil || len(e.Code) > 64 || strings.Trim(e.Code, codeLetters) != "" {
		return ""
	}
	return e.Code
}

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
