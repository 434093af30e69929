package quote

import (
	"net/url"
	"strings"

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
	return "", "", provider.Usage("the S3 endpoint begins with neither https:// nor http://")
}

// S3cmd returns the section of a configuration of s3cmd. Without a region it has none.
func S3cmd(key, secret, region, endpoint string) (string, error) {
	host, secure, err := S3Host(endpoint)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("[default]\n")
	for _, v := range [][2]string{
		{"access_key", key}, {"secret_key", secret}, {"bucket_location", region}, {"host_base", host}, {"host_bucket", host}, {"use_https", secure},
	} {
		value, err := INI(v[1])
		if err != nil {
			return "", err
		}
		if value != "" {
			b.WriteString(v[0] + " = " + value + "\n")
		}
	}
	return b.String(), nil
}
