package rest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest/reach"
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
	case resp.StatusCode == http.StatusProxyAuthRequired, resp.StatusCode == http.StatusNetworkAuthenticationRequired:
		e.Class, e.Code, e.Message = provider.ErrUnreachable, "", "a proxy or network portal answered, not the vendor"
	case resp.StatusCode/100 == 3:
		e.Message = "the server redirects" + elsewhere(resp) + ", and credctl sends the token to the base URL only"
	case !r.idempotent() && maybeApplied(e):
		e.Class = provider.ErrUnknown
	}
	if e.Message == "" && looksLikeHTML(resp, body) {
		e.Message = "the answer is an HTML page: check the base URL"
	}
	if f.Absent && resp.StatusCode == http.StatusNotFound {
		return provider.WithClass(provider.ErrAbsent, e)
	}
	return e
}

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

// errNeverSent says that no byte of a request was sent, so that nothing can have happened.
var errNeverSent = errors.New("no connection")

// A lostError is that no answer arrived, or not the whole of it. It has a message of
// our own, because net/http quotes in its errors what it could not understand.
type lostError struct {
	message   string
	err       error
	permanent bool // it would only happen again
}

func (e *lostError) Error() string { return e.message }
func (e *lostError) Unwrap() error { return e.err }

// lost describes a request whose answer did not arrive, or only began to. Nobody
// knows what became of one that changes something, unless it was never sent.
func lost(r Request, err error, began bool) error {
	class, what, why := provider.ErrUnknown, ": no answer: ", reach.Explain(err)
	throttled, held := errors.AsType[*pace.ThrottledError](err)
	never := errors.Is(err, errNeverSent)
	switch {
	case held:
		class, what, why = provider.ErrRateLimited, ": not sent: ", reach.Failure{Why: throttled.Error()}
	case never && why.Permanent:
		class, what = provider.ErrUnreachable, ": not sent: "
	case never:
		class, what = provider.ErrUnavailable, ": not sent: "
	case r.idempotent():
		class = provider.ErrUnavailable
	}
	if began && errors.Is(err, context.DeadlineExceeded) {
		what, why.Why = ": ", "the answer took too long"
	}
	err = provider.WithClass(class, &lostError{r.op() + what + why.Why, err, why.Permanent})
	if why.Hint != "" {
		err = provider.Hint(err, "%s", why.Hint)
	}
	return err
}

// maybeApplied reports whether a request that ended with err may have been carried
// out before it failed.
func maybeApplied(err error) bool {
	if e, answered := errors.AsType[*provider.Error](err); answered {
		return e.Status >= 500 && !reach.NeverPassedOn(e.Status) && (e.Status != http.StatusServiceUnavailable || e.Code == "")
	}
	_, is := errors.AsType[*lostError](err)
	return is && !errors.Is(err, errNeverSent)
}
