package release

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func TestTheNewestReleaseIsCompared(t *testing.T) {
	const page = "https://github.com/credctl/credctl/releases/tag/v1.10.0"
	for have, want := range map[string]any{
		"v1.9.9": true, "v0.12.3": true, "v1.2.10": true,
		"v1.10.0-rc.1": true, "v1.10.0-0.20261130064759-a77076c1f2e3+dirty": true,
		"v1.10.0": false, "v1.10.0+dirty": false, "v1.10.1-0.20261130064759-a77076c1f2e3": false, "v1.11.0": false, "v2.0.0": false,
		"devel": "", "": "", "1.9.9": "", "v1.9": "", "v1.x.0": "", "v1.9.9.9": "", "v1.-9.9": "",
	} {
		newer, line := Release{"v1.10.0", page}.Compare(have)
		assert.Equal(t, want, newer, have)
		assert.Equal(t, map[any]string{
			true:  "credctl v1.10.0 is available: " + page + "\n",
			false: "No newer release (newest: v1.10.0)\n",
			"":    "The newest release is v1.10.0: " + page + "\n",
		}[want], line, have)
	}
}

func TestTheNewestReleaseIsAskedFor(t *testing.T) {
	const body = `{"tag_name":"v1.10.0","html_url":"https://github.com/credctl/credctl/releases/tag/v1.10.0","draft":false}`
	for _, c := range []struct {
		status     int
		body, says string
		class      error
	}{
		{200, body, "", nil},
		{200, `{"tag_name":"nightly"}`, `"nightly" is not a version`, nil},
		{200, `{}`, `"" is not a version`, nil},
		{200, `<html>`, "GET /repos/credctl/credctl/releases/latest", nil},
		{403, `{"message":"API rate limit exceeded for 192.0.2.1."}`, "API rate limit exceeded", provider.ErrRateLimited},
		{404, `{"message":"Not Found"}`, "404", provider.ErrNotFound},
		{500, `{}`, "500", provider.ErrUnavailable},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			assert.Equal(t, "GET /repos/credctl/credctl/releases/latest", r.Method+" "+r.URL.String())
			assert.Equal(t, http.Header{"Accept": {"application/json"}, "Accept-Encoding": {"gzip"}, "User-Agent": {"credctl"}}, r.Header, "nothing about the user")
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		r, err := Latest(t.Context(), provider.Conn{BaseURL: s.URL, HTTP: s.Client()})
		s.Close()
		if c.says == "" {
			require.NoError(t, err)
			assert.Equal(t, Release{"v1.10.0", "https://github.com/credctl/credctl/releases/tag/v1.10.0"}, r)
			continue
		}
		require.ErrorContains(t, err, c.says)
		if c.class != nil {
			require.ErrorIs(t, err, c.class)
		}
	}
}
