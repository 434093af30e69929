package sandbox

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseFault(t *testing.T) {
	for text, want := range map[string]Fault{
		"katapult:create:503:2":                   {Vendor: "katapult", Verb: "create", Status: 503, Times: 2},
		"stratum:rotate:500":                      {Vendor: "stratum", Verb: "rotate", Status: 500},
		"*:list:429":                              {Vendor: "*", Verb: "list", Status: 429},
		"*:list:429::30":                          {Vendor: "*", Verb: "list", Status: 429, RetryAfter: "30"},
		"losant:list:500:1+1":                     {Vendor: "losant", Verb: "list", Status: 500, Skip: 1, Times: 1},
		"losant:list:500:2+":                      {Vendor: "losant", Verb: "list", Status: 500, Skip: 2},
		"stratum:create:502-after:1":              {Vendor: "stratum", Verb: "create", Status: 502, After: true, Times: 1},
		"s3:buckets:cut-before":                   {Vendor: "s3", Verb: "buckets", Kind: CutBefore},
		"medianova:*:cut-after:3":                 {Vendor: "medianova", Verb: "*", Kind: CutAfter, Times: 3},
		"*:*:429:1:Sun, 22 Nov 2026 12:00:00 GMT": {Vendor: "*", Verb: "*", Status: 429, Times: 1, RetryAfter: "Sun, 22 Nov 2026 12:00:00 GMT"},
	} {
		got, err := ParseFault(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
		assert.Equal(t, text, got.String())
	}
}

func TestParseFaultErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "want VENDOR:VERB:KIND",
		"katapult:create":            "want VENDOR:VERB:KIND",
		"aws:create:500":             `unknown vendor "aws"`,
		"katapult:rotate:500":        `unknown verb "rotate" (valid: account, bucket`,
		"*:explode:500":              `unknown verb "explode"`,
		"katapult:create:sideways":   `unknown kind "sideways" (valid: a status, cut-before`,
		"katapult:create:html-after": `unknown kind "html-after"`,
		"katapult:create:700":        "invalid status 700 (valid: 200 to 599)",
		"katapult:create:500:no":     `times "no"`,
		"katapult:create:500:0":      `times "0"`,
		"katapult:create:500:-1":     `times "-1"`,
		"katapult:create:500:-1+1":   `times "-1+1"`,
		"katapult:create:500:1+2+3":  `times "1+2+3"`,
	} {
		_, err := ParseFault(text)
		require.ErrorContains(t, err, want, text)
	}
}

// fail puts a fault, as text, in force.
func (s *Sandbox) fail(t *testing.T, text string) {
	t.Helper()
	f, err := ParseFault(text)
	require.NoError(t, err)
	require.NoError(t, s.AddFault(f))
}

// making creates a Stratum key.
func making(c client) (reply, error) {
	return c.try("POST", "/api/v1/api-keys", `{"tenant_id":"`+stratumTenant+`","name":"made"}`)
}

func TestFaultStatusesSpeakEachVendorsLanguage(t *testing.T) {
	for _, tc := range []struct {
		vendor, fault, path, want string
		header                    map[string]string
	}{
		{"medianova", "medianova:list:503", medianovaPath + "/credential", `{"message":"Service Unavailable","status":false}`, nil},
		{"medianova", "medianova:list:200", medianovaPath + "/credential", `{"message":"Operation failed","status":false}`, nil},
		{"medianova", "medianova:list:401", medianovaPath + "/credential", `{"message":"Missing or invalid JWT token","status":false}`, nil},
		{
			"katapult", "katapult:list:429", katapultList, `{"error":{"code":"rate_limit_reached","description":"You have reached the rate limit for this type of request","detail":{"total_permitted":1000}}}`,
			map[string]string{"X-Api-Schema": "json-error", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Permitted": "1000", "Retry-After": ""},
		},
		{"katapult", "katapult:list:503", katapultList, `{"error":{"code":"service_unavailable","description":"The service is currently unavailable","detail":{}}}`, nil},
		{"katapult", "katapult:list:500", katapultList, `{"error":{"code":"unhandled_exception","description":null,"detail":{}}}`, nil},
		{"losant", "losant:list:500", losantPath, `{"message":"An internal error occurred","type":"InternalError"}`, nil},
		{"losant", "losant:list:429::7", losantPath, `{"message":"Over rate limit, request throttled","type":"RateLimited"}`, map[string]string{"Retry-After": "7"}},
		{"stratum", "stratum:list:500", "/api/v1/api-keys", `{"error":{"code":"INTERNAL_SERVER_ERROR","message":"An unexpected error occurred"}}`, nil},
		{"stratum", "*:list:429", "/api/v1/api-keys", `{"error":{"code":"RATE_LIMITED","message":"Rate limit exceeded. Try again in 1 seconds."}}`, map[string]string{"Retry-After": "1"}},
	} {
		t.Run(tc.fault, func(t *testing.T) {
			s := start(t, Options{})
			s.fail(t, tc.fault)
			r := s.client(t, tc.vendor).do("GET", tc.path, "")
			assert.JSONEq(t, tc.want, r.body)
			for name, value := range tc.header {
				assert.Equal(t, value, r.header.Get(name), name)
			}
			line := s.Requests(tc.vendor)[0]
			assert.Equal(t, tc.fault, line.Fault)
			assert.Equal(t, r.status, line.Status)
			s.ClearFaults()
			assert.Equal(t, 200, s.client(t, tc.vendor).do("GET", tc.path, "").status)
		})
	}
}

func TestFaultTimesAndSkip(t *testing.T) {
	s := start(t, Options{})
	s.fail(t, "stratum:list:500:1+2")
	s.fail(t, "stratum:list:503:1")
	var got []int
	for range 5 {
		got = append(got, s.client(t, "stratum").do("GET", "/api/v1/api-keys", "").status)
	}
	assert.Equal(t, []int{503, 500, 500, 200, 200}, got, "the first fault lets one pass, which the second takes")
}

func TestFaultsThatCut(t *testing.T) {
	for kind, committed := range map[string]bool{CutBefore: false, CutAfter: true, CutBody: true} {
		t.Run(kind, func(t *testing.T) {
			s := start(t, Options{})
			before := len(s.Credentials("stratum"))
			s.fail(t, "stratum:create:"+kind)
			_, err := making(s.client(t, "stratum"))
			require.Error(t, err)
			lines := s.Requests("stratum")
			require.Len(t, lines, 1)
			assert.Equal(t, committed, lines[0].Committed)
			assert.Equal(t, committed, len(s.Credentials("stratum")) > before)
			assert.Equal(t, kind == CutBody, lines[0].Status == 201)
		})
	}
}

func TestFaultsThatSpoilTheAnswer(t *testing.T) {
	for kind, check := range map[string]func(t *testing.T, r reply){
		HTML: func(t *testing.T, r reply) {
			assert.Equal(t, 200, r.status)
			assert.Contains(t, r.header.Get("Content-Type"), "text/html")
			assert.Contains(t, r.body, "Sign in")
		},
		Redirect: func(t *testing.T, r reply) {
			assert.Equal(t, 302, r.status)
			assert.Contains(t, r.header.Get("Location"), "https://login.example.com/")
		},
		Truncate: func(t *testing.T, r reply) {
			assert.Equal(t, 201, r.status)
			assert.True(t, strings.HasPrefix(r.body, `{"id":`))
			assert.False(t, json.Valid([]byte(r.body)))
		},
		Garbage: func(t *testing.T, r reply) {
			assert.Equal(t, 201, r.status)
			assert.False(t, json.Valid([]byte(r.body)))
		},
		NoSecret: func(t *testing.T, r reply) {
			assert.Equal(t, 201, r.status)
			assert.NotEmpty(t, r.text(t, "id"))
			assert.NotContains(t, r.body, "plaintext_key")
		},
		"502-after": func(t *testing.T, r reply) {
			assert.Equal(t, 502, r.status)
			assert.Equal(t, "INTERNAL_SERVER_ERROR", r.text(t, "error", "code"))
		},
	} {
		t.Run(kind, func(t *testing.T) {
			s := start(t, Options{})
			before := len(s.Credentials("stratum"))
			s.fail(t, "stratum:create:"+kind)
			r, err := making(s.client(t, "stratum"))
			require.NoError(t, err)
			check(t, r)
			made := kind != HTML && kind != Redirect
			assert.Equal(t, made, s.Requests("stratum")[0].Committed)
			assert.Equal(t, made, len(s.Credentials("stratum")) > before)
		})
	}
}

func TestFaultsThatNeverEnd(t *testing.T) {
	for _, kind := range []string{Endless, Slow} {
		t.Run(kind, func(t *testing.T) {
			s := start(t, Options{})
			s.fail(t, "stratum:create:"+kind)
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, "POST", s.URL("stratum")+"/api/v1/api-keys", strings.NewReader(`{"tenant_id":"`+stratumTenant+`","name":"made"}`))
			require.NoError(t, err)
			req.Header.Set("X-Api-Key", StratumOperatorKey)
			req.Header.Set("Content-Type", "application/json")
			res, err := http.DefaultClient.Do(req)
			if err == nil {
				head := make([]byte, 1<<20)
				_, err = io.ReadFull(res.Body, head)
				assert.Contains(t, string(head[:200]), `"name":"aaaa`)
				if err == nil {
					_, err = io.Copy(io.Discard, res.Body)
				}
				_ = res.Body.Close()
			}
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.True(t, s.Requests("stratum")[0].Committed)
		})
	}
}
