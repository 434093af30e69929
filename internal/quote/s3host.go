package quote

import (
	"net/url"

	"github.com/credctl/credctl/internal/provider"
)

// S3Host returns the host of an S3 endpoint, and the value of use_https for it, as
// s3cmd has them. It refuses what s3cmd cannot be told, and an empty endpoint:
// s3cmd would use that of Amazon.
func S3Host(endpoint string) (host, secure string, err error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Path != "" && u.Path != "/" {
		return "", "", refuse("a configuration of s3cmd", "the S3 endpoint is unknown, or has a path")
	}
	switch u.Scheme {
	case "https":
		return u.Host, "True", nil
	case "http":
		return u.Host, "False", nil
	}
	return "", "", provider.Usage("the S3 endpoint has neither https nor http")
}
