package rest

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// failure makes an error of an answer. It reads the body, unless it was read before.
func (c *Client) failure(r Request, resp *http.Response, body []byte) error {
	if body == nil { // what cannot be read of it explains nothing
		body, _ = io.ReadAll(io.LimitReader(resp.Body, maxProbe))
	}
	f := c.Failure(resp.StatusCode, body)
	e := &provider.Error{
		Op: r.op(), Status: resp.StatusCode, Code: clean(f.Code, 100), Class: f.Class,
		Message:    clean(r.redact(f.Message, resp.Request), 500),
		RequestID:  requestID(resp),
		RetryAfter: resp.Header.Get("Retry-After"), Date: resp.Header.Get("Date"),
	}
	switch {
	case e.Class != nil:
	case quotaReached(e):
		e.Class = provider.ErrConflict
	case resp.StatusCode/100 == 3:
		e.Message = "the vendor redirects" + elsewhere(resp) + ", and a token goes to the base URL only"
	case !r.idempotent() && maybeApplied(e):
		e.Class = provider.ErrUnknown
	}
	if e.Message == "" && looksLikeHTML(resp, body) {
		e.Message = "the answer is an HTML page, not the API: is the base URL right?"
	}
	if f.Absent && resp.StatusCode == http.StatusNotFound {
		return provider.WithClass(errAbsent, e)
	}
	return e
}

// errAbsent is a 404 that says of what was asked for that it is not there.
var errAbsent = errors.New("absent")

// quotaReached reports whether the vendor refuses because there is enough already.
// None of the vendors documents what it says at its limit.
func quotaReached(e *provider.Error) bool {
	if e.Status == http.StatusTooManyRequests || e.Status/100 != 4 {
		return false
	}
	said := strings.ToLower(e.Code + " " + e.Message)
	for _, word := range []string{"quota", "limit reached", "limit_reached", "limit exceeded", "limit_exceeded", "maximum number", "too many"} {
		if strings.Contains(said, word) {
			return true
		}
	}
	return false
}

// elsewhere names the host that an answer redirects to; the rest of the address may hold a secret.
func elsewhere(resp *http.Response) string {
	u, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || u.Host == "" {
		return ""
	}
	return " to " + clean(u.Host, 100)
}

func looksLikeHTML(resp *http.Response, body []byte) bool {
	return strings.Contains(resp.Header.Get("Content-Type"), "html") || strings.HasPrefix(strings.TrimSpace(string(body[:min(len(body), 100)])), "<")
}

// clean bounds text of a vendor and takes out what would move the cursor of a terminal.
func clean(s string, most int) string {
	s = visible.OneLine(s)
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return s
}
