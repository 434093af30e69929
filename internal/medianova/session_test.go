package medianova

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendortest"
)

const login = `POST /api/v1/auth/login/token {"api_key":"key-canary","api_secret":"api-secret-canary"}`

var pair = []string{"org", org, "api-key-file", "key-canary", "api-secret-file", "api-secret-canary"}

func answerLogin(token string, expire int64) string {
	return fmt.Sprintf(`{"status":true,"token":%q,"session":"x","expire":%d}`, token, expire)
}

func TestToken(t *testing.T) {
	s, v := serve(t, got)
	_, err := s.Get(t.Context(), id1)
	require.NoError(t, err)
	assert.Equal(t, "Bearer "+bear, v.Headers[0].Get("Authorization"))
	assert.Equal(t, "application/json", v.Headers[0].Get("Accept"))
}

func TestRefusedTokenIsExplained(t *testing.T) {
	s, v := serve(t, `401 {"status":false,"message":"Missing or invalid JWT token"}`)
	_, err := s.Get(t.Context(), id1)
	require.ErrorIs(t, err, provider.ErrDenied)
	require.ErrorContains(t, err, "Missing or invalid JWT token")
	assert.Contains(t, provider.HintOf(err), "4 hours")
	assert.Contains(t, provider.HintOf(err), "30 days")
	assert.Len(t, v.Sent, 1)
	s, _ = serve(t, `403 {"status":false,"message":"no"}`)
	_, err = s.Get(t.Context(), id1)
	assert.Contains(t, provider.HintOf(err), "permission")
}

func TestNothingToAuthenticateWith(t *testing.T) {
	for _, settings := range [][]string{{"org", org}, {"org", org, "api-key-file", "k"}, {"org", org, "api-secret-file", "s"}} {
		s, v := serveWith(t, "", settings)
		_, err := s.Get(t.Context(), id1)
		require.ErrorIs(t, err, provider.ErrDenied)
		names := []string{"--token-file", "MEDIANOVA_TOKEN"}
		if len(settings) > 2 { // half of an API key
			names = []string{"MEDIANOVA_API_KEY", "MEDIANOVA_API_SECRET"}
		}
		for _, name := range names {
			require.Contains(t, provider.HintOf(err), name)
		}
		assert.Empty(t, v.Sent)
	}
}

func TestLogin(t *testing.T) {
	for base, path := range map[string]string{
		"":                                   login,
		"https://cloud.medianova.com/api/v2": login,
		"https://cloud.medianova.com/proxy/api/api/v2": "POST /proxy" + login[len("POST "):],
		"https://cloud.medianova.com/own":              login,
	} {
		s, v := serveWith(t, base, pair, answerLogin("t1", 0), got, got)
		for range 2 {
			_, err := s.Get(t.Context(), id1)
			require.NoError(t, err)
		}
		require.Len(t, v.Sent, 3, "it logs in once")
		assert.Equal(t, path, v.Sent[0])
		assert.Empty(t, v.Headers[0].Get("Authorization"))
		assert.Equal(t, "Bearer t1", v.Headers[1].Get("Authorization"))
	}
}

func TestTokenIsRenewed(t *testing.T) {
	const denied = `401 {"status":false}`
	s, v := serveWith(t, "", pair, answerLogin("t1", 0), got, denied, answerLogin("t2", 0), got)
	for range 2 {
		_, err := s.Get(t.Context(), id1)
		require.NoError(t, err)
	}
	assert.Equal(t, "Bearer t2", v.Headers[4].Get("Authorization"))

	s, v = serveWith(t, "https://cloud.medianova.com/own", pair, answerLogin("t1", 0), denied, answerLogin("t2", 0), `{"status":true,"data":`+whole+`}`)
	_, err := s.Create(t.Context(), inputOf(t, provider.Create, "name", "ci", "bucket", bkt1))
	require.NoError(t, err)
	assert.Equal(t, v.Sent[1], v.Sent[3], "a 401 was not carried out, so even a POST may be sent again")

	s, v = serveWith(t, "", pair, answerLogin("t1", 0), denied, answerLogin("t2", 0), denied)
	_, err = s.Get(t.Context(), id1)
	require.ErrorIs(t, err, provider.ErrDenied)
	assert.Len(t, v.Sent, 4, "once")

	s, v = serveWith(t, "", append([]string{"token-file", bear}, pair...), denied, answerLogin("t2", 0), got)
	_, err = s.Get(t.Context(), id1)
	require.NoError(t, err)
	assert.Equal(t, "Bearer "+bear, v.Headers[0].Get("Authorization"), "the token comes first")
}

// One login is enough for all the workers whose token has died.
func TestWorkersShareALogin(t *testing.T) {
	const workers = 64
	var mu sync.Mutex
	logins, refused := 0, make(chan struct{})
	waiting := workers
	vendor := vendortest.RoundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost {
			mu.Lock()
			defer mu.Unlock()
			logins++
			return vendortest.Answer(answerLogin(fmt.Sprintf("t%d", logins), 0)), nil
		}
		if r.Header.Get("Authorization") != "Bearer "+bear {
			return vendortest.Answer(got), nil
		}
		mu.Lock()
		if waiting--; waiting == 0 { // all at once
			close(refused)
		}
		mu.Unlock()
		<-refused
		return vendortest.Answer(`401 {"status":false}`), nil
	})
	in := vendortest.Input(t, Provider().Settings, append([]string{"token-file", bear}, pair...)...)
	s, err := open(provider.Conn{BaseURL: "https://cloud.medianova.com/own", Settings: in, HTTP: &http.Client{Transport: vendor}})
	require.NoError(t, err)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			_, err := s.Get(t.Context(), id1)
			assert.NoError(t, err)
		})
	}
	all.Wait()
	assert.Equal(t, 1, logins)
}

func TestTokenIsRenewedBeforeItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(4 * time.Hour)
		s, v := serveWith(t, "", pair, answerLogin("t1", end.Unix()), got, got, answerLogin("t2", end.Add(4*time.Hour).Unix()), got)
		_, err := s.Get(t.Context(), id1)
		require.NoError(t, err)
		time.Sleep(4*time.Hour - 61*time.Second)
		_, err = s.Get(t.Context(), id1)
		require.NoError(t, err)
		time.Sleep(2 * time.Second)
		_, err = s.Get(t.Context(), id1)
		require.NoError(t, err)
		assert.Equal(t, "Bearer t2", v.Headers[4].Get("Authorization"))
	})
}

func TestLoginFails(t *testing.T) {
	for answer, want := range map[string]error{
		`401 {"status":false,"message":"Invalid API key or secret"}`: provider.ErrDenied,
		`{"status":false,"message":"no"}`:                            provider.ErrInvalid,
		`{"status":true}`:                                            provider.ErrDenied,
		`500 {}`:                                                     provider.ErrUnavailable,
		`not JSON`:                                                   nil,
	} {
		s, v := serveWith(t, "https://cloud.medianova.com/own", pair, answer)
		_, err := s.Create(t.Context(), inputOf(t, provider.Create, "name", "ci", "bucket", bkt1))
		require.ErrorContains(t, err, "login", answer)
		require.NotErrorIs(t, err, provider.ErrUnknown, "nothing was created")
		if want != nil {
			require.ErrorIs(t, err, want, answer)
		}
		assert.NotContains(t, err.Error(), "canary")
		assert.Equal(t, []string{login}, v.Sent, answer)
		if strings.HasPrefix(answer, "401") {
			_, again := s.Get(t.Context(), id1)
			assert.Equal(t, err, again, "one refusal is enough for all workers")
		}
	}
}

// A dry run sends no login, and says what it could not look up for that.
func TestADryRunDoesNotLogIn(t *testing.T) {
	const loginShown = `POST /api/v1/auth/login/token {"api_key":"[redacted]","api_secret":"[redacted]"}`
	changed := func(method, path string) string {
		return method + " /api/api/v2/stook/" + org + "/" + path
	}
	for name, c := range map[string]struct {
		base string
		do   func(s *service) error
		want []string
		hint string
	}{
		"what reads ends there": {"", func(s *service) error {
			_, err := s.Get(t.Context(), id1)
			return err
		}, []string{loginShown}, "the requests after the login are not shown"},
		"so does what reads before it changes": {"", func(s *service) error {
			_, err := s.Update(t.Context(), id1, inputOf(t, provider.Update, "new-name", "x"))
			return err
		}, []string{loginShown}, "the requests after the login are not shown"},
		"a delete needs to read nothing": {
			"", func(s *service) error { return s.Delete(t.Context(), id1) },
			[]string{loginShown, changed("DELETE", "credential/"+id1) + " "},
			"could not check whether the address begins with /api/api/v2 or with /api/v2",
		},
		"nor does a create that names buckets by UUID": {"", func(s *service) error {
			_, err := s.Create(t.Context(), inputOf(t, provider.Create, "name", "ci", "bucket", bkt1))
			return err
		}, []string{loginShown, changed("POST", "credentials") + ` {"name":"ci","is_readonly":false,"buckets":["` + bkt1 + `"]}`}, "could not check whether"},
		"the prefix is known": {
			"https://cloud.medianova.com/api/v2", func(s *service) error { return s.Delete(t.Context(), id1) },
			[]string{loginShown, "DELETE /api/v2/stook/" + org + "/credential/" + id1 + " "},
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := &vendortest.Script{T: t}
			base, err := Provider().Base(c.base)
			require.NoError(t, err)
			conn := v.Conn(base, vendortest.Input(t, Provider().Settings, pair...))
			var shown []string
			conn.DryRun = func(method, url string, body []byte) {
				shown = append(shown, method+" "+strings.TrimPrefix(url, "https://cloud.medianova.com")+" "+string(body))
			}
			s, err := open(conn)
			require.NoError(t, err)
			err = c.do(s)
			require.ErrorIs(t, err, provider.ErrDryRun)
			if c.hint != "" {
				assert.Contains(t, provider.HintOf(err), c.hint)
				assert.Contains(t, provider.HintOf(err), "MEDIANOVA_TOKEN or pass --token-file")
			} else {
				assert.Empty(t, provider.HintOf(err))
			}
			assert.Equal(t, c.want, shown)
			_ = c.do(s)
			assert.Len(t, shown, 2*len(c.want)-1, "the login is shown once")
			assert.Empty(t, v.Sent)
		})
	}
}
