package verify_test

import (
	"bytes"
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

func refused(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

func s3Error(code string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>` + code + `</Code><Message>s3cr3t-value</Message></Error>`
}

func TestS3SendsOneSignedListBuckets(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://s3.example.com":       "https://s3.example.com/",
		"https://s3.example.com:443/":  "https://s3.example.com/",
		"https://s3.example.com:8443":  "https://s3.example.com:8443/",
		"http://127.0.0.1:9000/base?x": "http://127.0.0.1:9000/base/",
	} {
		var sent []*http.Request
		conn := provider.Conn{HTTP: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			sent = append(sent, r)
			return answer(200, "application/xml", "<ListAllMyBucketsResult/>")(r)
		})}}
		c := pair()
		c.Endpoint, c.Region = endpoint, ""
		require.NoError(t, verify.S3(t.Context(), conn, c))
		require.Len(t, sent, 1)
		assert.Equal(t, http.MethodGet, sent[0].Method)
		assert.Equal(t, want, sent[0].URL.String())
		assert.Nil(t, sent[0].Body)
		assert.Contains(t, sent[0].Header.Get("Authorization"), "Credential=AKIATEST/"+time.Now().UTC().Format("20060102")+"/us-east-1/s3/aws4_request")
		assert.NotContains(t, sent[0].Header.Get("Authorization"), "s3cr3t-value")
	}
}

func TestS3Answers(t *testing.T) {
	for name, c := range map[string]struct {
		answer transport
		want   error // nil: it works
		says   string
	}{
		"the buckets":           {answer(200, "application/xml", "<ListAllMyBucketsResult/>"), nil, ""},
		"may not list":          {answer(403, "application/xml", s3Error("AccessDenied")), nil, ""},
		"unknown key":           {answer(403, "application/xml", s3Error("InvalidAccessKeyId")), provider.ErrPending, "403 InvalidAccessKeyId"},
		"other secret":          {answer(403, "application/xml", s3Error("SignatureDoesNotMatch")), provider.ErrPending, "SignatureDoesNotMatch"},
		"unknown key, as a 401": {answer(401, "application/xml", s3Error("InvalidAccessKeyId")), provider.ErrPending, "401"},
		"empty 403":             {answer(403, "", ""), provider.ErrUnavailable, "403 forbidden"},
		"a 403 of a proxy":      {answer(403, "text/html", "<html>AccessDenied</html>"), provider.ErrUnavailable, "403"},
		"AccessDenied as a 503": {answer(503, "application/xml", s3Error("AccessDenied")), provider.ErrUnavailable, "503 AccessDenied"},
		"a landing page":        {answer(200, "text/html; charset=utf-8", "<p>hello"), provider.ErrUnavailable, "HTML"},
		"an error in a 200":     {answer(200, "application/xml", s3Error("InternalError")), provider.ErrUnavailable, "InternalError"},
		"slow down":             {answer(429, "application/xml", s3Error("SlowDown")), provider.ErrUnavailable, "429 SlowDown"},
		"unavailable":           {answer(503, "text/plain", "no"), provider.ErrUnavailable, "503 service unavailable"},
		"redirect":              {answer(307, "", ""), provider.ErrUnavailable, "307"},
		"clock":                 {answer(403, "application/xml", s3Error("RequestTimeTooSkewed")), provider.ErrUnavailable, "clock"},
		"a code that is none":   {answer(403, "application/xml", s3Error("s3cr3t-value\x1b[2J")), provider.ErrUnavailable, "403"},
		"no connection":         {refused, provider.ErrUnavailable, "refused"},
		"no HTTP":               {func(*http.Request) (*http.Response, error) { return nil, errors.New("malformed: s3cr3t-value") }, provider.ErrUnavailable, "no answer"},
		"half a gzip": {func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Request: r, Body: io.NopCloser(iotest.ErrReader(errors.New("malformed: s3cr3t-value")))}, nil
		}, provider.ErrUnavailable, "no whole answer"},
		"half an answer": {func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Request: r, Body: io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))}, nil
		}, provider.ErrUnavailable, "no whole answer"},
	} {
		t.Run(name, func(t *testing.T) {
			tries := 0
			err := verify.S3(t.Context(), provider.Conn{HTTP: &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
				tries++
				return c.answer(r)
			})}}, pair())
			assert.Equal(t, 1, tries, "no redirect is followed, nothing is sent again")
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
		"an endpoint, no URL":  func(c *provider.Credential) { c.Endpoint = "s3.example.com" },
		"another scheme":       func(c *provider.Credential) { c.Endpoint = "ftp://s3.example.com" },
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
	conn := provider.Conn{
		HTTP: &http.Client{Transport: answer(403, "application/xml", s3Error("AccessDenied"))},
		Log:  slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	require.NoError(t, verify.S3(t.Context(), conn, pair()))
	assert.Regexp(t, `^time=\S+ level=DEBUG msg=http method=GET host=s3.example.com path=/ attempt=1 took=\S+ status=403 request=""\n$`, log.String())
}
