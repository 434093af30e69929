package verify

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest"
)

// An answer is what an S3 service, or something in its place, answers.
type answer struct {
	rest.Answer
	document

	host, region, key string // of the request
}

// A document is what the XML of an answer says.
type document struct {
	lists bool   // it is S3's list of buckets
	code  string // of S3's error, or ""
}

// codeLetters are those of the codes that S3 services answer.
const codeLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789."

// read reads the body of an answer. What no code looks like is not shown to anybody.
func read(body []byte) (d document) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := decoder.Token()
		if err != nil {
			return d
		}
		root, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		var e struct{ Code string }
		switch root.Name.Local {
		case "ListAllMyBucketsResult": // which may be too long to be read whole
			d.lists = true
		case "Error":
			if decoder.DecodeElement(&e, &root) == nil && len(e.Code) <= 64 && strings.Trim(e.Code, codeLetters) == "" {
				d.code = e.Code
			}
		}
		return d
	}
}

// refuses reports whether the service checked the signature, and refuses the pair.
func (a answer) refuses() bool {
	return a.Status/100 == 4 && (a.code == "InvalidAccessKeyId" || a.code == "SignatureDoesNotMatch")
}

// judgeControl returns nil if the control was refused as S3 refuses.
func (a answer) judgeControl() error {
	if a.refuses() {
		return nil
	}
	if err := a.neither(); err != nil {
		return err
	}
	return stuck("check the S3 endpoint, or verify the key with your own command: --verify exec:COMMAND",
		"credctl cannot verify keys at %s: the endpoint answers a wrong secret with %s (S3: SignatureDoesNotMatch)", a.host, a)
}

// judge says what the answer to a request of the new pair means, after a control.
func (a answer) judge() error {
	switch {
	case a.refuses():
		return provider.WithClass(provider.ErrPending, fmt.Errorf("%s does not accept access key %s (%s)", a.host, a.key, a))
	case a.Status == http.StatusOK && a.lists, a.Status == http.StatusForbidden && a.code == "AccessDenied":
		if SmallLimit(a.Header) {
			return provider.ErrMetered
		}
		return nil
	}
	if err := a.neither(); err != nil {
		return err
	}
	return unknown(a.key, a.host, fmt.Errorf("it answered %s", a))
}

// Codes of S3 that do not depend on the secret.
var (
	regionCodes = []string{
		"AuthorizationHeaderMalformed", "IncorrectEndpoint", "IllegalLocationConstraintException", "InvalidRegion", "PermanentRedirect", "TemporaryRedirect", "Redirect",
	}
	laterCodes = []string{"RequestTimeout", "SlowDown", "TooManyRequests", "Throttling", "RequestLimitExceeded"}
)

// neither returns an error if the answer does not depend on the secret: the service is
// not available now, or somebody must change something first.
func (a answer) neither() error {
	switch {
	case a.code == "RequestTimeTooSkewed":
		return stuck("set the clock of this machine, whose time is "+time.Now().UTC().Format(time.RFC3339)+a.theirTime(),
			"cannot verify access key %s at %s: its clock differs too much from the clock of this machine", a.key, a.host)
	case slices.Contains(regionCodes, a.code):
		return stuck("check the S3 endpoint and the region", "cannot verify access key %s at %s: the region %q is wrong (%s)", a.key, a.host, a.region, a)
	case a.Status/100 == 3:
		return stuck("set the S3 endpoint to the address that the service redirects to", "cannot verify access key %s at %s: it redirects (%s)", a.key, a.host, a)
	case a.Status == http.StatusProxyAuthRequired, a.Status == http.StatusNetworkAuthenticationRequired:
		return stuck("check the proxy in HTTPS_PROXY, or log in to the network", "cannot verify access key %s at %s: a proxy answered (%s)", a.key, a.host, a)
	case a.Status >= 500 && a.Status != http.StatusNotImplemented, a.Status == http.StatusTooManyRequests, a.Status == http.StatusRequestTimeout, slices.Contains(laterCodes, a.code):
		return unknown(a.key, a.host, fmt.Errorf("it answered %s", a))
	}
	return nil
}

func (a answer) theirTime() string {
	if t, err := http.ParseTime(a.Header.Get("Date")); err == nil {
		return "; that of the service is " + t.UTC().Format(time.RFC3339)
	}
	return ""
}

func (a answer) String() string {
	switch {
	case a.code != "":
		return fmt.Sprintf("%d %s", a.Status, a.code)
	case strings.Contains(a.Header.Get("Content-Type"), "html"):
		return fmt.Sprintf("%d and an HTML page", a.Status)
	}
	return fmt.Sprintf("%d %s", a.Status, strings.ToLower(http.StatusText(a.Status)))
}

// unknown is an outcome that says nothing about the pair.
func unknown(key, host string, err error) error {
	return provider.WithClass(provider.ErrUnavailable, fmt.Errorf("cannot tell whether access key %s works at %s: %w", key, host, err))
}

// stuck is a failure that lasts until somebody does what the hint says.
func stuck(hint, format string, args ...any) error {
	err := provider.Reclassify(provider.ErrVerify, fmt.Errorf(format, args...))
	if hint == "" {
		return err
	}
	return provider.Hint(err, "%s", hint)
}

// smallLimit is how many requests in its window make a rate limit a small one.
const smallLimit = 10

// SmallLimit reports whether the header of an answer shows a rate limit that tries
// would use up, so that one success must be enough.
func SmallLimit(h http.Header) bool {
	for _, name := range []string{"X-Ratelimit-Limit", "Ratelimit-Limit", "X-Rate-Limit-Limit"} {
		limit, _, _ := strings.Cut(h.Get(name), ",")
		limit, _, _ = strings.Cut(limit, ";")
		if n, err := strconv.Atoi(strings.TrimSpace(limit)); err == nil {
			return n <= smallLimit
		}
	}
	return false
}
