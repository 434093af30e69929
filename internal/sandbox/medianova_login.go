package sandbox

import (
	"net/http"
	"time"
)

// medianovaSession is a token from the login.
type medianovaSession struct {
	expires time.Time
	uses    int
}

// accepts counts a use of a token from the login.
func (v *medianova) accepts(token string, now time.Time) bool {
	if token == MedianovaToken {
		return true
	}
	t := v.tokens[token]
	if t == nil || !now.Before(t.expires) {
		return false
	}
	t.uses++
	limit := v.s.opts.MedianovaTokenUses
	return limit <= 0 || t.uses <= limit
}

// login exchanges the API key pair for a token of four hours.
func (v *medianova) login(c *call) answer {
	in, ok := c.object()
	if !ok {
		return v.invalid("api_key", "The api key field is required.")
	}
	if in["api_key"] != MedianovaAPIKey || in["api_secret"] != MedianovaAPISecret {
		return v.refuse(http.StatusUnauthorized, "Invalid API key or secret")
	}
	token := "eyJhbGciOiJIUzI1NiJ9." + v.s.random.text(40, alnum) + "." + v.s.random.text(43, base64url)
	expires := c.at.Add(4 * time.Hour)
	v.tokens[token] = &medianovaSession{expires: expires}
	return answer{status: http.StatusOK, secret: token, body: map[string]any{
		"status": true, "token": token, "session": v.s.random.text(40, alnum), "expire": expires.Unix(),
	}}
}
