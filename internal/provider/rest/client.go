// Package rest is the one HTTP client that every adapter uses: JSON over HTTP,
// with retries that can neither issue nor revoke a credential twice.
//
// A request passes these layers, in this order, each in a file of its own:
//
//	retry      asks again where that is harmless, or nothing can have happened
//	paced      keeps all requests of a run within what the vendor allows (package pace)
//	log        writes a line for each try, without headers, bodies or queries
//	transport  the connection: no redirects, bounded waits, the token to one host
//
// The order is important: each try is paced and logged, and a wait to be sent
// counts neither for the time that a try may take nor for the one that is logged.
package rest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/rest/reach"
)

// A Dialect is how one vendor's API differs from the others.
type Dialect struct {
	// Auth puts the vendor's credentials on a request.
	Auth func(ctx context.Context, r *http.Request) error

	// Renew is asked after a 401 whether Auth would now do better than it did for
	// the request that was refused. It may be nil.
	Renew func(refused *http.Request) bool

	// Failure reads an answer that is not a success, or a success that says no. It
	// is also given what is next to the items of a listing, as an object.
	Failure func(status int, body []byte) Failure

	// NotYet reports that the vendor did nothing so far, and when to ask again; or nil.
	NotYet func(*provider.Error) (time.Duration, bool)

	// Account authenticates what Limit counts together; zero: all requests of this machine.
	Limit   Limit
	Account provider.Secret
}

// A Limit is what a vendor documents of its rate limit.
type Limit = pace.Limit

// A Failure is what a vendor says about a request that failed.
type Failure struct {
	Failed  bool // for a status of 2xx: the body says that it is no success
	Code    string
	Message string
	Class   error // nil: what the status says
	Absent  bool  // for a 404: what was asked for is not there. A router or a gateway has that status too
}

const bearer = "Bearer "

// Bearer authenticates with an Authorization header.
func Bearer(token provider.Secret) func(context.Context, *http.Request) error {
	return Header("Authorization", provider.NewSecret(bearer+token.Reveal()))
}

// HasBearer reports whether [Bearer] put token on r.
func HasBearer(r *http.Request, token provider.Secret) bool {
	sent, ok := strings.CutPrefix(r.Header.Get("Authorization"), bearer)
	return ok && token.Equal(provider.NewSecret(sent))
}

// Header authenticates with a header of the vendor's own.
func Header(name string, value provider.Secret) func(context.Context, *http.Request) error {
	return func(_ context.Context, r *http.Request) error {
		r.Header.Set(name, value.Reveal())
		return nil
	}
}

// A Client sends JSON to one vendor and decodes its answers. It is safe for
// concurrent use.
type Client struct {
	conn  provider.Conn
	base  *url.URL
	send  handler     // the layers below retry
	Clock *pace.Clock // of the vendor
	Dialect
}

// New returns a Client for c that speaks d.
func New(c provider.Conn, d Dialect) (*Client, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" {
		return nil, provider.Usage("invalid base URL")
	}
	counted := base.Host
	if !d.Account.IsZero() {
		counted += fmt.Sprintf(" %x", sha256.Sum256([]byte(d.Account.Reveal())))
	}
	client := &Client{conn: c, base: base, Clock: &pace.Clock{}, Dialect: d}
	client.send = paced(c.Pacers.Gate(counted, d.Limit, c.Report), client.Clock, sender(c))
	return client, c.CheckHost(base.Host)
}

// paced lets an attempt wait for its turn.
func paced(g pace.Gate, k *pace.Clock, next handler) handler {
	return func(a *attempt) (*http.Response, error) {
		started := false
		resp, err := g.Send(a.Context(), a.Method, a.maxThrottle, func() (*http.Response, error) {
			started = true
			return next(a)
		})
		if !started {
			return nil, provider.WithClass(errNeverSent, err)
		}
		k.Observe(resp)
		return resp, err
	}
}

// sender is the layers below pace.
func sender(c provider.Conn) handler {
	send := logged(c.Log, transport(c.HTTP))
	return func(a *attempt) (*http.Response, error) {
		answered := reach.Watch(c.Report, a.URL.Host)
		resp, err := send(a)
		return reach.Watched(resp, answered), err
	}
}

// Asked is how long the vendor asks to wait after e, as [pace.Asked] says.
func (d Dialect) Asked(e *provider.Error) (time.Duration, bool) {
	return pace.Asked(d.Limit.Window, e.Status, e.RetryAfter, e.Date)
}

// Do sends r and decodes the answer as a T. An answer without a body is the zero T.
//
// When r issues a secret and the answer of a success cannot be read, the answer
// is kept with Conn.Save, and the error wraps [provider.ErrUnknown].
func Do[T any](ctx context.Context, c *Client, r Request) (T, error) {
	var out T
	err := c.do(ctx, r, func(resp *http.Response) error { return c.decode(r, resp, &out) })
	return out, err
}

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
// answer. An error quotes nothing of it, and has the class [provider.ErrUnreachable]
// or [provider.ErrUnavailable].
func Probe(c provider.Conn, r *http.Request, timeout time.Duration) (Answer, error) {
	resp, err := sender(c)(&attempt{Request: r, n: 1, timeout: timeout})
	if err != nil {
		return Answer{}, unprobed("no answer: ", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxProbe))
	if err != nil {
		return Answer{}, unprobed(fmt.Sprintf("status %d, and the answer is incomplete: ", resp.StatusCode), err)
	}
	return Answer{resp.StatusCode, resp.Header, body}, nil
}

func unprobed(what string, err error) error {
	why, class := reach.Explain(err), provider.ErrUnavailable
	if why.Permanent {
		class = provider.ErrUnreachable
	}
	err = provider.WithClass(class, errors.New(what+why.Why))
	if why.Hint == "" {
		return err
	}
	return provider.Hint(err, "%s", why.Hint)
}
