package rest

import (
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func TestFailureTellsWhatTheVendorSays(t *testing.T) {
	for _, x := range []struct {
		name   string
		status int
		said   Failure
		header http.Header
		body   string
		text   string
		class  error
	}{
		{"nothing", 404, Failure{}, nil, leak, "GET /x: 404 not found", provider.ErrNotFound},
		{"code and words", 422, Failure{Code: "bad_name", Message: "the name is taken"}, http.Header{"X-Request-Id": {"r-1"}}, "", "GET /x: 422 bad_name: the name is taken (request r-1)", provider.ErrInvalid},
		{"a class", 400, Failure{Code: "no_token", Class: provider.ErrDenied}, nil, "", "GET /x: 400 no_token", provider.ErrDenied},
		{"control characters", 400, Failure{Message: "a\x1b]0;evil\a\r\nb\u202ec\xff"}, nil, "", "GET /x: 400 bad request: a]0;evil bc?", provider.ErrInvalid},
		{"at length", 400, Failure{Message: strings.Repeat("x", 10_000)}, nil, "", "GET /x: 400 bad request: " + strings.Repeat("x", 500) + "…", provider.ErrInvalid},
		{"the token", 400, Failure{Message: "token-1234567 is no good"}, nil, "", "GET /x: 400 bad request: [redacted] is no good", provider.ErrInvalid},
		{"a quota", 422, Failure{Message: "Maximum number of keys reached"}, nil, "", "GET /x: 422 unprocessable entity: Maximum number of keys reached", provider.ErrConflict},
		{"HTML", 404, Failure{}, http.Header{"Content-Type": {"text/html"}}, "<h1>" + leak, "GET /x: 404 not found: the answer is an HTML page: check the base URL", provider.ErrNotFound},
		{"a redirect", 302, Failure{}, http.Header{"Location": {"https://user:" + leak + "@evil.example/?q=" + leak}}, "", "GET /x: 302 found: the server redirects to evil.example, and credctl sends the token to the base URL only", provider.ErrInvalid},
		{"a redirect to nowhere", 307, Failure{}, nil, "", "GET /x: 307 temporary redirect: the server redirects, and credctl sends the token to the base URL only", provider.ErrInvalid},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := &script{answers: []reply{{status: x.status, header: x.header, body: x.body}}}
			_, err := Do[thing](t.Context(), s.client(t, func(_ *provider.Conn, d *Dialect) {
				d.Failure = func(int, []byte) Failure { return x.said }
			}), Request{Method: http.MethodGet, Path: "/x", Query: map[string][]string{"q": {leak}}})
			require.EqualError(t, err, x.text)
			require.ErrorIs(t, err, x.class)
			assert.Len(t, s.sent, 1)
		})
	}
}

func FuzzClean(f *testing.F) {
	f.Add("plain", 3)
	f.Add("\x1b[31mred\x1b[0m\u202e\r\n\t\xff", 100)
	f.Fuzz(func(t *testing.T, s string, most int) {
		most &= 0xff
		got := clean(s, most)
		assert.True(t, utf8.ValidString(got))
		assert.LessOrEqual(t, utf8.RuneCountInString(got), most+1)
		for _, r := range got {
			assert.True(t, unicode.IsPrint(r), "%q", r)
		}
	})
}
