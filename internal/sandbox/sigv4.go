package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sigV4 is an AWS Signature Version 4 as a request's headers carry it.
type sigV4 struct {
	access, scope, signature string // scope: DATE/REGION/SERVICE/aws4_request
	signed                   []string
	at                       time.Time
}

// signature reads the headers of a request; the access key is empty where they hold no whole signature.
func signature(r *http.Request) sigV4 {
	fields, ok := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	if !ok {
		return sigV4{}
	}
	var sig sigV4
	for field := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Credential":
			sig.access, sig.scope, _ = strings.Cut(value, "/")
		case "SignedHeaders":
			sig.signed = strings.Split(value, ";")
		case "Signature":
			sig.signature = value
		}
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil || len(strings.Split(sig.scope, "/")) != 4 || !slices.Contains(sig.signed, "host") {
		return sigV4{}
	}
	sig.at = at
	return sig
}

// verify signs the request again and compares. It is written from the
// specification, and not with a client's library, so that the two check each other.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
func (sig sigV4) verify(r *http.Request, body []byte, secret string) bool {
	hash := r.Header.Get("X-Amz-Content-Sha256")
	sum := sha256.Sum256(body)
	if actual := hex.EncodeToString(sum[:]); hash == "" {
		hash = actual
	} else if hash != "UNSIGNED-PAYLOAD" && hash != actual {
		return false
	}
	scope := strings.Split(sig.scope, "/")
	if scope[0] != sig.at.Format("20060102") || scope[2] != "s3" || scope[3] != "aws4_request" {
		return false
	}
	request := sha256.Sum256([]byte(sig.canonical(r, hash)))
	text := "AWS4-HMAC-SHA256\n" + sig.at.Format("20060102T150405Z") + "\n" + sig.scope + "\n" + hex.EncodeToString(request[:])
	key := []byte("AWS4" + secret)
	for _, part := range append(scope, text) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return hmac.Equal([]byte(hex.EncodeToString(key)), []byte(sig.signature))
}

func (sig sigV4) canonical(r *http.Request, hash string) string {
	path := r.URL.Path
	if path == "" {
		path = "/"
	}
	var query []string
	for name, values := range r.URL.Query() {
		for _, value := range values {
			query = append(query, awsEscape(name)+"="+awsEscape(value))
		}
	}
	slices.Sort(query)
	var headers strings.Builder
	for _, name := range sig.signed {
		values := r.Header.Values(name)
		switch name {
		case "host":
			values = []string{r.Host}
		case "content-length": // the server takes it out of the header
			values = []string{strconv.FormatInt(r.ContentLength, 10)}
		}
		trimmed := make([]string, len(values))
		for i, value := range values {
			trimmed[i] = strings.Join(strings.Fields(value), " ")
		}
		headers.WriteString(name + ":" + strings.Join(trimmed, ",") + "\n")
	}
	segments := strings.Split(path, "/")
	for i := range segments {
		segments[i] = awsEscape(segments[i])
	}
	return strings.Join([]string{r.Method, strings.Join(segments, "/"), strings.Join(query, "&"), headers.String(), strings.Join(sig.signed, ";"), hash}, "\n")
}

// awsEscape escapes all but the unreserved characters.
func awsEscape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
