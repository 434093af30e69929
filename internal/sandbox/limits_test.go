package sandbox

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestKatapultAllowsAThousandInAMinuteOfTheClock holds 1.5 and 1.6 of its API: no answer tells when more is allowed.
func TestKatapultAllowsAThousandInAMinuteOfTheClock(t *testing.T) {
	c := newClock()
	c.pass(40*time.Second - time.Duration(c.now().Second())*time.Second)
	s := start(t, Options{VendorLimits: true, Now: c.now})
	cl := s.client(t, "katapult")
	for i := range 1000 {
		r := cl.do("GET", katapultList, "")
		require.Equal(t, 200, r.status, i)
		require.Equal(t, strconv.Itoa(999-i), r.header.Get("X-Ratelimit-Remaining"))
	}
	for range 2 {
		r := cl.do("GET", katapultList, "")
		assert.Equal(t, 429, r.status)
		assert.JSONEq(t, `{"error":{"code":"rate_limit_reached","description":"You have reached the rate limit for this type of request","detail":{"total_permitted":1000}}}`, r.body)
		assert.Equal(t, "0", r.header.Get("X-Ratelimit-Remaining"))
		assert.Empty(t, r.header.Get("Retry-After"))
		assert.Empty(t, r.header.Get("X-Ratelimit-Reset"))
	}
	other := client{t, s.URL("katapult"), "Authorization: Bearer other"}
	assert.Equal(t, 403, other.do("GET", katapultList, "").status, "the limit is of the token")
	c.pass(19 * time.Second)
	assert.Equal(t, 429, cl.do("GET", katapultList, "").status, "the minute of the clock has not ended")
	c.pass(time.Second)
	r := cl.do("GET", katapultList, "")
	assert.Equal(t, 200, r.status)
	assert.Equal(t, "999", r.header.Get("X-Ratelimit-Remaining"))
}

// TestStratumAllowsAHundredOfAnAddress holds section 5 of its API: before authentication,
// in the minute after the first request, with the time in seconds.
func TestStratumAllowsAHundredOfAnAddress(t *testing.T) {
	c := newClock()
	s := start(t, Options{VendorLimits: true, Now: c.now})
	nobody := client{t, s.URL("stratum"), "X-API-Key: none"}
	for i := range 60 {
		r := nobody.do("GET", stratumKeys, "")
		require.Equal(t, 401, r.status, i)
		require.Equal(t, strconv.Itoa(99-i), r.header.Get("X-Ratelimit-Remaining"))
	}
	c.pass(20 * time.Second)
	op := s.client(t, "stratum")
	for i := range 40 {
		r := op.do("GET", stratumKeys, "")
		require.Equal(t, 200, r.status, i)
		assert.Equal(t, "100", r.header.Get("X-Ratelimit-Limit"))
		assert.Equal(t, strconv.Itoa(99-i), r.header.Get("X-Ratelimit-Remaining"), "what remains of the key's")
		assert.Equal(t, "40", r.header.Get("X-Ratelimit-Reset"), "when the address has more")
	}
	c.pass(500 * time.Millisecond)
	r := op.do("GET", stratumKeys, "")
	assert.Equal(t, 429, r.status)
	assert.JSONEq(t, `{"error":{"code":"VALIDATION_ERROR","message":"Rate limit exceeded, retry in 40 seconds"}}`, r.body)
	assert.Equal(t, "40", r.header.Get("Retry-After"))
	assert.Equal(t, "40", r.header.Get("X-Ratelimit-Reset"))
	assert.Equal(t, "0", r.header.Get("X-Ratelimit-Remaining"))

	c.pass(39500 * time.Millisecond)
	for range 60 { // the window of the key began 20 s after that of the address
		require.NotEqual(t, 429, nobody.do("GET", stratumKeys, "").status)
	}
	r = op.do("GET", stratumKeys, "")
	assert.Equal(t, 200, r.status)
	assert.Equal(t, "59", r.header.Get("X-Ratelimit-Remaining"))
}

// TestStratumAllowsAKeyItsOwn has a key with a smaller limit, and one whose window is longer.
func TestStratumAllowsAKeyItsOwn(t *testing.T) {
	c := newClock()
	s := start(t, Options{VendorLimits: true, Now: c.now})
	op := s.client(t, "stratum")
	for body, want := range map[string]struct {
		allowed, reset int
	}{
		`"rate_limit_max":7`: {7, 60},
		`"rate_limit_max":5,"rate_limit_window":"2 hours"`: {5, 7200},
	} {
		made := op.do("POST", stratumKeys, `{"tenant_id":"`+stratumTenant+`",`+body+`}`)
		require.Equal(t, 201, made.status, made.body)
		user := client{t, s.URL("stratum"), "X-API-Key: " + made.text(t, "plaintext_key")}
		for range want.allowed {
			require.Equal(t, 200, user.do("GET", "/api/v1/tenants", "").status)
		}
		r := user.do("GET", "/api/v1/tenants", "")
		assert.Equal(t, 429, r.status, body)
		assert.Contains(t, r.body, `"RATE_LIMITED"`)
		assert.Equal(t, strconv.Itoa(want.reset), r.header.Get("Retry-After"))
		assert.Equal(t, isoTime(c.now().Add(time.Duration(want.reset)*time.Second)), r.header.Get("X-Ratelimit-Reset"))
	}
}

// TestVendorsWithoutADocumentedLimitHaveNone also holds that no limit is on unless it is asked for.
func TestVendorsWithoutADocumentedLimitHaveNone(t *testing.T) {
	s, quiet := start(t, Options{VendorLimits: true}), start(t, Options{})
	for range 120 {
		require.Equal(t, 200, s.client(t, "medianova").do("GET", medianovaPath+"/credential", "").status)
		require.Equal(t, 200, s.client(t, "losant").do("GET", losantPath, "").status)
		require.Equal(t, 200, quiet.client(t, "stratum").do("GET", stratumKeys, "").status)
	}
	for range 1001 {
		require.Equal(t, http.StatusOK, quiet.client(t, "katapult").do("GET", katapultList, "").status)
	}
}
