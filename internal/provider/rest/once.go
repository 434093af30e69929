package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode"

	"github.com/credctl/credctl/internal/provider"
)

// errPassedOn says that a part of the answer is already with the consumer.
var errPassedOn = errors.New("already passed on")

// once sends r once.
func (c *Client) once(ctx context.Context, r Request, body []byte, try int, read func(*http.Response) error) error {
	ctx, cancel := context.WithTimeout(ctx, r.timeout())
	defer cancel()
	req, err := c.build(ctx, r, body)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: not sent: %w", r.op(), err)
	}
	resp, err := c.next(&attempt{req, try})
	if err != nil {
		return lost(r, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return c.failure(r, resp, nil)
	}
	return read(resp)
}

// failure makes an error of an answer. It reads the body, unless it was read before.
func (c *Client) failure(r Request, resp *http.Response, body []byte) error {
	if body == nil { // what cannot be read of it explains nothing
		body, _ = io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	}
	f := c.Failure(resp.StatusCode, body)
	e := &provider.Error{
		Op: r.op(), Status: resp.StatusCode, Code: clean(f.Code, 100), Message: clean(f.Message, 500), Class: f.Class,
		RequestID:  clean(resp.Header.Get("X-Request-Id"), 100),
		RetryAfter: resp.Header.Get("Retry-After"), Date: resp.Header.Get("Date"),
	}
	switch {
	case e.Class != nil:
	case quota(e):
		e.Class = provider.ErrConflict
	case resp.StatusCode/100 == 3:
		e.Message = "the vendor redirects elsewhere, and a token goes to the base URL only"
	case resp.StatusCode >= 500 && !r.idempotent() && (resp.StatusCode != http.StatusServiceUnavailable || e.Code == ""):
		e.Class = provider.ErrUnknown // it may have been carried out before it failed
	}
	if e.Message == "" && looksLikeHTML(resp, body) {
		e.Message = "the answer is an HTML page, not the API: is the base URL right?"
	}
	return e
}

// quota reports whether the vendor refuses because there is enough already. None
// of the vendors documents what it says at its limit.
func quota(e *provider.Error) bool {
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

func looksLikeHTML(resp *http.Response, body []byte) bool {
	return strings.Contains(resp.Header.Get("Content-Type"), "html") || strings.HasPrefix(strings.TrimSpace(string(body[:min(len(body), 100)])), "<")
}

// clean bounds text of a vendor and takes out what would move the cursor of a terminal.
func clean(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return s
}
