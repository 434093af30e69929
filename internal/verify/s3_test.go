package verify_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/verify"
)

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func pair() provider.Credential {
	return provider.Credential{
		Key: "AKIATEST", Secret: provider.NewSecret("s3cr3t-value"),
		Endpoint: "https://s3.example.com", Region: "uk-lon-1",
	}
}

func answer(status int, kind, body string) transport {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Request: r, Body: io.NopCloser(strings.NewReader(body)),
			Header: http.Header{"Content-Type": {kind}, "Location": {"https://elsewhere.example/"}},
		}, nil
	}
}

const buckets = `<?xml version="1.0" encoding="UTF-8"?><ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Buckets/></ListAllMyBucketsResult>`

// twice is a service that gives the control and the pair each an answer.
func twice(control, pair transport) (conn provider.Conn, requests *int) {
	requests = new(int)
	return provider.Conn{HTTP: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
		if *requests++; *requests == 1 {
			return control(r)
		}
		return pair(r)
	})}}, requests
}

func refused(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

func s3Error(code string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>` + code + `</Code><Message>s3cr3t-value</Message></Error>`
}

func TestS3SendsTwoSignedListBuckets(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://s3.example.com":      "https://s3.example.com/",
		"https://s3.example.com:443/": "https://s3.example.com/",
		"https://s3.example.com:8443": "https://s3.example.com:8443/",
		"http://127.0.0.1:9000/base":  "http://127.0.0.1:9000/base/",
	} {
		var sent []*http.Request
		keep := func(next transport) transport {
			return func(r *http.Request) (*http.Response, error) {
				sent = append(sent, r)
				return next(r)
			}
		}
		conn, _ := twice(keep(answer(403, "application/xml", s3Error("SignatureDoesNotMatch"))), keep(answer(200, "application/xml", buckets)))
		c := pair()
		c.Endpoint, c.Region = endpoint, ""
		require.NoError(t, verify.S3(t.Context(), conn, c))
		require.Len(t, sent, 2)
		var signatures []string
		for _, r := range sent {
			assert.Equal(t, http.MethodGet, r.Method)
			assert.Equal(t, want, r.URL.String())
			assert.Nil(t, r.Body)
			signature := r.Header.Get("Authorization")
			assert.Contains(t, signature, "Credential=AKIATEST/"+time.Now().UTC().Format("20060102")+"/us-east-1/s3/aws4_request")
			assert.NotContains(t, signature, "s3cr3t-value")
			signatures = append(signatures, signature)
		}
		assert.NotEqual(t, signatures[0], signatures[1], "the control is signed with another secret")
	}
}

// TestS3NeedsAControl: what does not refuse a wrong secret as S3 does proves nothing
// about the right one, which it is not even sent.
func TestS3NeedsAControl(t *testing.T) {
	for name, c := range map[string]struct {
		control    transport
		want       error
		says, hint string
	}{
		"an empty 200":             {answer(200, "", ""), provider.ErrVerify, "200 ok", "--verify exec:"},
		"JSON":                     {answer(200, "application/json", `{"status":"ok"}`), provider.ErrVerify, "200 ok", "--verify exec:"},
		"text":                     {answer(200, "text/plain", "healthy"), provider.ErrVerify, "200 ok", "--verify exec:"},
		"a page":                   {answer(200, "text/html; charset=utf-8", "<p>hello"), provider.ErrVerify, "HTML", "--verify exec:"},
		"the buckets, to anybody":  {answer(200, "application/xml", buckets), provider.ErrVerify, "200", "--verify exec:"},
		"AccessDenied, to anybody": {answer(403, "application/xml", s3Error("AccessDenied")), provider.ErrVerify, "403 AccessDenied", "--verify exec:"},
		"an empty 403":             {answer(403, "", ""), provider.ErrVerify, "403 forbidden", "--verify exec:"},
		"a 403 of a proxy":         {answer(403, "text/html", "<html>SignatureDoesNotMatch</html>"), provider.ErrVerify, "HTML", "--verify exec:"},
		"JSON of an API":           {answer(403, "application/json", `{"Code":"SignatureDoesNotMatch"}`), provider.ErrVerify, "403", "--verify exec:"},
		"a refusal in a 200":       {answer(200, "application/xml", s3Error("SignatureDoesNotMatch")), provider.ErrVerify, "200", "--verify exec:"},
		"no such route":            {answer(404, "application/xml", s3Error("NoSuchBucket")), provider.ErrVerify, "404 NoSuchBucket", "--verify exec:"},
		"not implemented":          {answer(501, "application/xml", s3Error("NotImplemented")), provider.ErrVerify, "501", "--verify exec:"},
		"a code that is none":      {answer(403, "application/xml", s3Error("s3cr3t-value\x1b[2J")), provider.ErrVerify, "403", "--verify exec:"},
		"a redirect":               {answer(307, "", ""), provider.ErrVerify, "redirects", "endpoint"},
		"another region":           {answer(400, "application/xml", s3Error("AuthorizationHeaderMalformed")), provider.ErrVerify, `the region "uk-lon-1" is wrong`, "region"},
		"another region's host":    {answer(301, "application/xml", s3Error("PermanentRedirect")), provider.ErrVerify, "region", "region"},
		"the clock":                {answer(403, "application/xml", s3Error("RequestTimeTooSkewed")), provider.ErrVerify, "clock", "set the clock of this machine"},
		"a proxy's 407":            {answer(407, "", ""), provider.ErrVerify, "proxy", "HTTPS_PROXY"},
		"a portal":                 {answer(511, "text/html", "<html>"), provider.ErrVerify, "proxy", "log in"},
		"an unknown host": {func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Name: "s3.example.com", IsNotFound: true}}
		}, provider.ErrVerify, "unknown host", "host name"},
		"no TLS":        {func(*http.Request) (*http.Response, error) { return nil, tls.RecordHeaderError{Msg: "first record"} }, provider.ErrVerify, "TLS", "scheme"},
		"slow down":     {answer(503, "application/xml", s3Error("SlowDown")), provider.ErrUnavailable, "503 SlowDown", ""},
		"a rate limit":  {answer(429, "", ""), provider.ErrUnavailable, "429", ""},
		"a gateway":     {answer(502, "text/html", "<html>"), provider.ErrUnavailable, "502", ""},
		"an own error":  {answer(500, "application/xml", s3Error("InternalError")), provider.ErrUnavailable, "InternalError", ""},
		"no connection": {refused, provider.ErrUnavailable, "refused", ""},
	} {
		t.Run(name, func(t *testing.T) {
			conn, requests := twice(c.control, answer(200, "application/xml", buckets))
			err := verify.S3(t.Context(), conn, pair())
			assert.Equal(t, 1, *requests, "the pair is not used")
			require.ErrorIs(t, err, c.want)
			require.NotErrorIs(t, err, map[error]error{provider.ErrVerify: provider.ErrUnavailable, provider.ErrUnavailable: provider.ErrVerify}[c.want])
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, "s3.example.com")
			require.NotContains(t, err.Error(), "s3cr3t-value")
			assert.Contains(t, provider.HintOf(err), c.hint)
		})
	}
}

func TestS3EndpointsAreHeldToTheRules(t *testing.T) {
	for _, bad := range []string{"http://10.77.0.1/", "https://169.254.169.254", "http://169.254.169.254/latest", "https://user:pw@s3.example.com", "https://[fe80::1]", "ftp://s3.example.com", "s3.example.com", "https://s3.example.com?x"} {
		conn, requests := twice(answer(403, "application/xml", s3Error("InvalidAccessKeyId")), answer(200, "application/xml", buckets))
		c := pair()
		c.Endpoint = bad
		require.ErrorIs(t, verify.S3(t.Context(), conn, c), provider.ErrVerify, bad)
		assert.Zero(t, *requests, bad)
	}
}

func TestASmallLimitIsNotUsedUp(t *testing.T) {
	for limit, want := range map[string]error{"10": provider.ErrMetered, "7": provider.ErrMetered, "5, 5;w=60": provider.ErrMetered, "11": nil, "100": nil, "": nil, "x": nil} {
		conn, _ := twice(answer(403, "application/xml", s3Error("InvalidAccessKeyId")), func(r *http.Request) (*http.Response, error) {
			resp, err := answer(200, "application/xml", buckets)(r)
			resp.Header.Set("X-Ratelimit-Limit", limit)
			return resp, err
		})
		require.Equal(t, want, verify.S3(t.Context(), conn, pair()), limit)
	}
}

func TestS3Answers(t *testing.T) {
	for name, c := range map[string]struct {
		answer transport
		want   error // nil: it works
		says   string
	}{
		"the buckets":           {answer(200, "application/xml", buckets), nil, ""},
		"many buckets":          {answer(200, "application/xml", strings.Replace(buckets, "<Buckets/>", strings.Repeat("<Bucket><Name>b</Name></Bucket>", 10_000), 1)), nil, ""},
		"may not list":          {answer(403, "application/xml", s3Error("AccessDenied")), nil, ""},
		"unknown key":           {answer(403, "application/xml", s3Error("InvalidAccessKeyId")), provider.ErrPending, "403 InvalidAccessKeyId"},
		"other secret":          {answer(403, "application/xml", s3Error("SignatureDoesNotMatch")), provider.ErrPending, "SignatureDoesNotMatch"},
		"unknown key, as a 401": {answer(401, "application/xml", s3Error("InvalidAccessKeyId")), provider.ErrPending, "401"},
		"an empty 200":          {answer(200, "", ""), provider.ErrUnavailable, "200 ok"},
		"another 200":           {answer(200, "application/json", `{"status":"ok"}`), provider.ErrUnavailable, "200 ok"},
		"a list in a 204":       {answer(204, "application/xml", buckets), provider.ErrUnavailable, "204"},
		"empty 403":             {answer(403, "", ""), provider.ErrUnavailable, "403 forbidden"},
		"a 403 of a proxy":      {answer(403, "text/html", "<html>AccessDenied</html>"), provider.ErrUnavailable, "403"},
		"AccessDenied as a 503": {answer(503, "application/xml", s3Error("AccessDenied")), provider.ErrUnavailable, "503 AccessDenied"},
		"a landing page":        {answer(200, "text/html; charset=utf-8", "<p>hello"), provider.ErrUnavailable, "HTML"},
		"an error in a 200":     {answer(200, "application/xml", s3Error("InternalError")), provider.ErrUnavailable, "InternalError"},
		"slow down":             {answer(429, "application/xml", s3Error("SlowDown")), provider.ErrUnavailable, "429 SlowDown"},
		"unavailable":           {answer(503, "text/plain", "no"), provider.ErrUnavailable, "503 service unavailable"},
		"redirect":              {answer(307, "", ""), provider.ErrVerify, "307"},
		"clock":                 {answer(403, "application/xml", s3Error("RequestTimeTooSkewed")), provider.ErrVerify, "clock"},
		"a code that is none":   {answer(403, "application/xml", s3Error("s3cr3t-value\x1b[2J")), provider.ErrUnavailable, "403"},
		"no connection":         {refused, provider.ErrUnavailable, "refused"},
		"no HTTP":               {func(*http.Request) (*http.Response, error) { return nil, errors.New("malformed: s3cr3t-value") }, provider.ErrUnavailable, "no answer"},
		"half a gzip": {func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Request: r, Body: io.NopCloser(iotest.ErrReader(errors.New("malformed: s3cr3t-value")))}, nil
		}, provider.ErrUnavailable, "the answer is incomplete"},
		"half an answer": {func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Request: r, Body: io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))}, nil
		}, provider.ErrUnavailable, "the answer is incomplete"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, requests := twice(answer(403, "application/xml", s3Error("SignatureDoesNotMatch")), c.answer)
			err := verify.S3(t.Context(), conn, pair())
			assert.Equal(t, 2, *requests, "no redirect is followed, nothing is sent again")
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, c.want)
			require.NotErrorIs(t, err, provider.ErrDenied)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, "s3.example.com")
			require.NotContains(t, err.Error(), "s3cr3t-value")
		})
	}
}

func TestS3EndsAfterTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		err := verify.S3(t.Context(), provider.Conn{HTTP: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})}}, pair())
		require.ErrorIs(t, err, provider.ErrUnavailable)
		assert.Equal(t, 10*time.Second, time.Since(start))
	})
}

func TestS3NeedsAPairAndAPlace(t *testing.T) {
	for name, change := range map[string]func(*provider.Credential){
		"no endpoint":          func(c *provider.Credential) { c.Endpoint = "" },
		"no key":               func(c *provider.Credential) { c.Key = "" },
		"a secret that is not": func(c *provider.Credential) { c.Secret = provider.Secret{} },
	} {
		c := pair()
		change(&c)
		err := verify.S3(t.Context(), provider.Conn{HTTP: &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
			t.Error(name + ": a request was sent")
			return nil, errors.ErrUnsupported
		})}}, c)
		require.ErrorIs(t, err, provider.ErrUsage, name)
	}
}

// TestS3ShowsInTheLog: each check is a line, without what authenticates it.
func TestS3ShowsInTheLog(t *testing.T) {
	var log bytes.Buffer
	conn, _ := twice(answer(403, "application/xml", s3Error("InvalidAccessKeyId")), answer(403, "application/xml", s3Error("AccessDenied")))
	conn.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	require.NoError(t, verify.S3(t.Context(), conn, pair()))
	assert.Regexp(t, `^(time=\S+ level=DEBUG msg=http method=GET host=s3.example.com path=/ attempt=1 took=\S+ status=403 request=""\n){2}$`, log.String())
}
