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

// Probe sends r, which only reads, to a service that is no vendor's API. It is sent
// once, whatever is answered, and follows no redirect. The timeout is for all of the
// answer, whose body is returned, and bounded. An error quotes nothing of it.
func Probe(c provider.Conn, r *http.Request, timeout time.Duration) (*http.Response, []byte, error) {
	resp, err := sender(c)(&attempt{Request: r, n: 1, timeout: timeout})
	if err != nil {
		return nil, nil, errors.New("no answer: " + reason(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxProbe))
	if err != nil {
		return nil, nil, fmt.Errorf("%d, and no whole answer: %s", resp.StatusCode, reason(err))
	}
	return resp, body, nil
}
