package rest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/credctl/credctl/internal/provider"
)

// maxProbe bounds what is read of an answer that explains, and is not decoded.
const maxProbe = 64 << 10

// An Answer is one that was read whole, or up to a bound.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Probe sends r, which only reads, to a service that is no vendor's API. It is sent
// once, whatever is answered, and follows no redirect. The timeout is for all of the
// answer. An error quotes nothing of it.
func Probe(c provider.Conn, r *http.Request, timeout time.Duration) (Answer, error) {
	resp, err := sender(c)(&attempt{Request: r, n: 1, timeout: timeout})
	if err != nil {
		return Answer{}, errors.New("no answer: " + reason(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxProbe))
	if err != nil {
		return Answer{}, fmt.Errorf("%d, and no whole answer: %s", resp.StatusCode, reason(err))
	}
	return Answer{resp.StatusCode, resp.Header, body}, nil
}
