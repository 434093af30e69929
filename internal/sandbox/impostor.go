package sandbox

import (
	"encoding/xml"
	"net/http"
)

// The faults of the S3 endpoint alone: something that is no S3 service stands in its
// place, or it cannot accept the signature whatever the secret is.
const (
	S3Empty  = "s3-empty"  // 200 without a body
	S3JSON   = "s3-json"   // 200 and a JSON status
	S3Open   = "s3-open"   // the list of buckets, for any signature
	S3Closed = "s3-closed" // AccessDenied, for any signature
	S3Region = "s3-region" // the signature must name another region
	S3Clock  = "s3-clock"  // the clocks differ by too much
)

var s3Kinds = []string{S3Empty, S3JSON, S3Open, S3Closed, S3Region, S3Clock}

// impostor is the answer to any request, by the kind of a fault.
func impostor(kind string) answer {
	switch kind {
	case S3JSON:
		return answer{status: http.StatusOK, body: []byte(`{"status":"ok"}`), header: map[string]string{"Content-Type": "application/json"}}
	case S3Open:
		return answer{status: http.StatusOK, body: asXML(struct {
			XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
		}{})}
	case S3Closed:
		return s3Error(http.StatusForbidden, "AccessDenied", "Access Denied")
	case S3Region:
		return s3Error(http.StatusBadRequest, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region is wrong; expecting 'eu-central-7'")
	case S3Clock:
		return s3Error(http.StatusForbidden, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")
	}
	return answer{status: http.StatusOK}
}
