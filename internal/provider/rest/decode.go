package rest

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/vendorjson"
)

// maxBody bounds what is read of an answer that is no listing.
const maxBody = 8 << 20

// decode reads the answer to r into out.
func (c *Client) decode(r Request, resp *http.Response, out any) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return c.keep(r, body, lost(r, err, true))
	}
	if len(body) > maxBody {
		return c.keep(r, body, unreadable(r, resp, fmt.Sprintf("is longer than %d MiB", maxBody>>20)))
	}
	if f := c.Failure(resp.StatusCode, body); f.Failed {
		return c.failure(r, resp, body)
	}
	if len(body) == 0 {
		return nil
	}
	if err := vendorjson.Read(body, out); err != nil {
		return c.keep(r, body, unreadable(r, resp, "is not the JSON that was expected"+where(err)))
	}
	return nil
}

// keep saves the answer to a request that issues a secret, whatever is left of it.
func (c *Client) keep(r Request, body []byte, err error) error {
	if r.ReturnsSecret || !r.idempotent() { // it was carried out, but not even its success is certain
		err = provider.WithClass(provider.ErrUnknown, err)
	}
	if !r.ReturnsSecret {
		return err
	}
	return c.SaveAnswer(r, body, err)
}

// SaveAnswer saves the answer to r, which may hold a secret that err would lose, with
// [provider.Conn.Save], and returns err with the path of the file in its hint.
func (c *Client) SaveAnswer(r Request, body []byte, err error) error {
	if len(body) == 0 || c.conn.Save == nil {
		return err
	}
	path, serr := c.conn.Save(r.op(), body)
	if serr != nil {
		return errors.Join(err, fmt.Errorf("could not save the answer: %w", serr))
	}
	return provider.AlsoHint(err, "the answer was saved to %s (readable only by you); it may hold the only copy of a secret", path)
}

// unreadable says what is wrong with an answer, and never quotes it nor the
// decoder, which does: both may hold a secret.
func unreadable(r Request, resp *http.Response, what string) error {
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		kind = "unknown content"
	}
	if kind == "text/html" {
		what += " (an HTML page: check the base URL)"
	}
	return fmt.Errorf("%s: %d, but the answer (%s) %s", r.op(), resp.StatusCode, clean(kind, 100), what)
}

// where names the place of a decoding error.
func where(err error) string {
	if at := vendorjson.Where(err); at != "" {
		return " at " + clean(at, 100)
	}
	return ""
}
