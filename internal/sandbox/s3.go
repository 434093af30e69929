package sandbox

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// s3 is an S3 endpoint, path style, for the key pairs of Medianova and Katapult.
// It can say whether a pair works, and holds no objects.
type s3 struct {
	sync.Mutex
	s    *Sandbox
	seen map[string]int // answers to a pair since it works, for Options.Flap
}

// s3Pair is what the endpoint knows of an access key.
type s3Pair struct {
	secret   string
	since    time.Time
	owner    string
	listsAll bool     // it may list the buckets
	all      []string // the buckets that there are
	open     []string // those whose objects it may list
}

func newS3(s *Sandbox) *s3 { return &s3{s: s, seen: map[string]int{}} }

// address is host:port, without a scheme, as Katapult's server_url has it.
func (v *s3) address() string { return strings.TrimPrefix(v.s.URL("s3"), "http://") }

func (v *s3) find(access string) (s3Pair, bool) {
	if pair, ok := v.s.medianova.find(access); ok {
		return pair, true
	}
	return v.s.katapult.find(access)
}

func (v *s3) route(c *call) route {
	access := signature(c.Request).access
	bucket, object, _ := strings.Cut(strings.TrimPrefix(c.URL.Path, "/"), "/")
	switch {
	case c.Method == http.MethodGet && bucket == "":
		return route{"buckets", access, v.signed(v.listBuckets)}
	case c.Method == http.MethodGet && object == "":
		return route{"objects", access, v.signed(v.listObjects(bucket))}
	}
	return route{"other", access, v.signed(func(s3Pair) answer {
		return s3Error(http.StatusNotImplemented, "NotImplemented", "The sandbox keeps no objects.")
	})}
}

// signed lets a request through whose signature is right and whose pair is known by now.
func (v *s3) signed(handle func(s3Pair) answer) func(*call) answer {
	return func(c *call) answer {
		sig := signature(c.Request)
		if sig.access == "" {
			return s3Error(http.StatusForbidden, "AccessDenied", "Access Denied")
		}
		c.by = sig.access
		pair, ok := v.find(sig.access)
		if !ok || c.at.Sub(pair.since) < v.s.opts.ActivationDelay {
			return v.refuse(http.StatusForbidden, "")
		}
		if skew := c.at.Sub(sig.at); skew > 15*time.Minute || skew < -15*time.Minute {
			return s3Error(http.StatusForbidden, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")
		}
		if !sig.verify(c.Request, c.body, pair.secret) {
			return s3Error(http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.")
		}
		if v.flaps(sig.access, pair) {
			return v.refuse(http.StatusForbidden, "")
		}
		return handle(pair)
	}
}

// flaps says whether a new pair is refused again, as while it spreads among a cluster's nodes.
func (v *s3) flaps(access string, pair s3Pair) bool {
	if v.s.opts.Flap <= 0 || pair.since.IsZero() { // example data spread long ago
		return false
	}
	v.seen[access]++
	n := v.seen[access]
	return n <= 2*v.s.opts.Flap && n%2 == 0
}

func (v *s3) listBuckets(pair s3Pair) answer {
	if !pair.listsAll {
		return s3Error(http.StatusForbidden, "AccessDenied", "Access Denied")
	}
	type bucket struct{ Name, CreationDate string }
	list := struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
		Owner   struct{ ID, DisplayName string }
		Buckets []bucket `xml:"Buckets>Bucket"`
	}{}
	list.Owner.ID, list.Owner.DisplayName = pair.owner, pair.owner
	for _, name := range pair.all {
		list.Buckets = append(list.Buckets, bucket{name, "2026-01-05T09:00:00.000Z"})
	}
	return answer{status: http.StatusOK, body: asXML(list)}
}

func (v *s3) listObjects(bucket string) func(s3Pair) answer {
	return func(pair s3Pair) answer {
		switch {
		case !slices.Contains(pair.all, bucket):
			return s3Error(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
		case !slices.Contains(pair.open, bucket):
			return s3Error(http.StatusForbidden, "AccessDenied", "Access Denied")
		}
		return answer{status: http.StatusOK, body: asXML(struct {
			XMLName     xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
			Name        string
			KeyCount    int
			MaxKeys     int
			IsTruncated bool
		}{Name: bucket, MaxKeys: 1000})}
	}
}

func s3Error(status int, code, message string) answer {
	return answer{status: status, body: asXML(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: code, Message: message})}
}

func asXML(v any) []byte {
	body, err := xml.Marshal(v)
	if err != nil {
		panic(err) // the sandbox makes its bodies itself
	}
	return append([]byte(xml.Header), body...)
}

func (v *s3) refuse(status int, message string) answer {
	code, text := "InternalError", "We encountered an internal error. Please try again."
	switch status {
	case http.StatusForbidden:
		code, text = "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		code, text = "SlowDown", "Please reduce your request rate."
	}
	if message != "" {
		text = message
	}
	return s3Error(status, code, text)
}

func (v *s3) headers(h http.Header, _ answer) {
	h.Set("Content-Type", "application/xml")
	h.Set("X-Amz-Request-Id", strings.ToUpper(v.s.trace.text(16, lowerHex)))
}

func (v *s3) credentials() []Credential { return nil }
