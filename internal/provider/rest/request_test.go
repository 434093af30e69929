package rest

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func TestRequestAsItIsSent(t *testing.T) {
	var got *http.Request
	c := newClient(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		got = r
		return answer(r, 200, "{}"), nil
	}))
	c.Auth = Header("X-API-Key", provider.NewSecret("key-1234567"))
	_, err := Do[struct{}](t.Context(), c, Request{Method: http.MethodPost, Path: "/a%2Fb/c", Query: url.Values{"access_key[id]": {"x y"}}, Body: map[string]any{"b": 1, "a": "<&>"}})
	require.NoError(t, err)
	assert.Equal(t, "https://vendor.example/a%2Fb/c?access_key%5Bid%5D=x+y", got.URL.String())
	assert.Equal(t, http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}, "User-Agent": {"credctl"}, "X-Api-Key": {"key-1234567"}}, got.Header)
	assert.Nil(t, got.GetBody, "net/http must have no second body to send")

	var header http.Header
	_, err = Do[struct{}](t.Context(), c, Request{
		Method: http.MethodPatch, Path: "/a", Body: map[string]any{}, Header: http.Header{"Content-Type": {"application/merge-patch+json"}},
		Answered: func(h http.Header) { header = h },
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"application/merge-patch+json"}, got.Header["Content-Type"], "a header of the request takes precedence")
	assert.Equal(t, []string{"application/json"}, header["Content-Type"])

	_, err = Do[struct{}](t.Context(), c, Request{Method: http.MethodDelete, Path: "/a"})
	require.NoError(t, err)
	assert.Empty(t, got.Header.Get("Content-Type"), "without a body there is none")
	assert.Nil(t, got.Body)
}

// TestPathIsPlain: an ID that is none must not make another request of it.
func TestPathIsPlain(t *testing.T) {
	for _, path := range []string{"/keys/", "/keys//x", "/keys/..", "/keys/../x", "/keys/%2e%2e", "/keys/.", "/keys/%zz", "//evil.example/x"} {
		s := status(200)
		_, err := Do[struct{}](t.Context(), s.client(t), Request{Method: http.MethodDelete, Path: path})
		require.ErrorIs(t, err, provider.ErrUsage, path)
		assert.Empty(t, s.sent, path)
	}
	for _, path := range []string{"", "/", "/keys", "keys/a.b", "/keys/%2F"} {
		_, err := Do[struct{}](t.Context(), status(200).client(t), Request{Method: http.MethodGet, Path: path})
		require.NoError(t, err, path)
	}
}

// TestRequestRevealsItsSecrets, and it alone: what is shown of it does not.
func TestRequestRevealsItsSecrets(t *testing.T) {
	s := status(200)
	r := Request{Method: http.MethodPost, Path: "/x", Body: map[string]any{
		"key": provider.NewSecret("hunter2"), "config": provider.SecretJSON{Secret: provider.NewSecret(`{"a":1}`)},
	}}
	_, err := Do[struct{}](t.Context(), s.client(t), r)
	require.NoError(t, err)
	require.Len(t, s.sent, 1)
	assert.Contains(t, s.sent[0], `{"config":{"a":1},"key":"hunter2"}`)
	shown, err := r.marshal()
	require.NoError(t, err)
	assert.JSONEq(t, `{"key":"[redacted]","config":"[redacted]"}`, string(shown))

	_, err = Do[struct{}](t.Context(), s.client(t), Request{Method: http.MethodPost, Path: "/x", Body: func() {}})
	require.ErrorContains(t, err, "cannot be written as JSON")
}

// TestDryRun sends what only reads, and shows the rest.
func TestDryRun(t *testing.T) {
	s := status(200)
	c := s.client(t)
	var shown []string
	c.conn.DryRun = func(method, url string, body []byte) { shown = append(shown, method+" "+url+" "+string(body)) }
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		_, err := Do[struct{}](t.Context(), c, Request{Method: method, Path: "/x", Body: provider.NewSecret("hunter2")})
		require.ErrorIs(t, err, provider.ErrDryRun)
	}
	assert.Empty(t, s.sent)
	require.Len(t, shown, 4)
	assert.Contains(t, shown[0], `/x "[redacted]"`)
	_, err := Do[struct{}](t.Context(), c, Request{Method: http.MethodGet, Path: "/x"})
	require.NoError(t, err)
	_, err = Do[struct{}](t.Context(), c, Request{Method: http.MethodPost, Path: "/login", ReadOnly: true})
	require.ErrorIs(t, err, provider.ErrDryRun, "a login is no reading")
	assert.Len(t, s.sent, 1)
	assert.Contains(t, shown[4], "/login")
	_, err = Do[struct{}](t.Context(), c, Request{Method: http.MethodDelete, Path: "/x/.."})
	require.ErrorIs(t, err, provider.ErrUsage, "what would not be sent is not shown")
	assert.Len(t, shown, 5)
}

// What has to be sent before a request is shown before it.
func TestDryRunOfALogin(t *testing.T) {
	s := status(200)
	c := s.client(t)
	var shown []string
	c.conn.DryRun = func(method, url string, _ []byte) {
		shown = append(shown, method+" "+url[strings.LastIndex(url, "/"):])
	}
	login := *c
	c.Auth = func(ctx context.Context, _ *http.Request) error {
		_, err := Do[struct{}](ctx, &login, Request{Method: http.MethodPost, Path: "/login", ReadOnly: true})
		return err
	}
	_, err := Do[struct{}](t.Context(), c, Request{Method: http.MethodDelete, Path: "/x"})
	require.ErrorIs(t, err, provider.ErrDryRun)
	assert.Equal(t, []string{"POST /login", "DELETE /x"}, shown)
	_, err = Do[struct{}](t.Context(), c, Request{Method: http.MethodGet, Path: "/x"})
	require.ErrorIs(t, err, provider.ErrDryRun, "without the login it cannot be sent")
	c.Auth = func(context.Context, *http.Request) error { return provider.ErrDenied }
	_, err = Do[struct{}](t.Context(), c, Request{Method: http.MethodDelete, Path: "/x"})
	require.ErrorIs(t, err, provider.ErrDenied)
	assert.Len(t, shown, 3)
	assert.Empty(t, s.sent)
}

func TestBaseURLMustBeOne(t *testing.T) {
	for _, base := range []string{"", "://", "vendor.example", "/v1"} {
		_, err := New(provider.Conn{HTTP: &http.Client{}, BaseURL: base}, Dialect{})
		require.ErrorIs(t, err, provider.ErrUsage, base)
	}
}
