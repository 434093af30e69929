package rest

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"

	"github.com/credctl/credctl/internal/pace"
	"github.com/credctl/credctl/internal/provider"
)

var (
	errNoAnswer  = errors.New("no answer")
	errNeverSent = errors.New("no connection") // so nothing can have happened
)

// lost describes a request whose answer did not arrive, or not whole. Nobody
// knows what became of one that changes something, unless it was never sent.
func lost(r Request, err error) error {
	e := &lostError{r.op() + ": no answer: " + reason(err), err}
	if throttled, ok := errors.AsType[*pace.ThrottledError](err); ok {
		e.message = r.op() + ": not sent: " + throttled.Error()
		return provider.WithClass(provider.ErrRateLimited, e)
	}
	switch {
	case neverSent(err):
		e.message = r.op() + ": not sent: " + reason(err)
		return provider.WithClass(provider.ErrUnavailable, provider.WithClass(errNeverSent, provider.WithClass(errNoAnswer, e)))
	case r.idempotent():
		return provider.WithClass(provider.ErrUnavailable, provider.WithClass(errNoAnswer, e))
	}
	return provider.WithClass(provider.ErrUnknown, provider.WithClass(errNoAnswer, e))
}

// maybeApplied reports whether a request that ended with err may have been carried
// out before it failed.
func maybeApplied(err error) bool {
	if e, answered := errors.AsType[*provider.Error](err); answered {
		return e.Status >= 500 && (e.Status != http.StatusServiceUnavailable || e.Code == "")
	}
	return errors.Is(err, errNoAnswer) && !errors.Is(err, errNeverSent)
}

// A lostError has a message of our own, because net/http quotes in its errors what
// it could not understand of an answer.
type lostError struct {
	message string
	err     error
}

func (e *lostError) Error() string { return e.message }
func (e *lostError) Unwrap() error { return e.err }

// reason says why no answer arrived, or not the whole of it, and quotes nothing that
// the other side sent.
func reason(err error) string {
	var timeout net.Error
	if oe, ok := errors.AsType[*net.OpError](err); ok && connecting(oe) {
		return oe.Error()
	}
	if ce, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return ce.Error()
	}
	if re, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return re.Msg
	}
	if no, ok := errors.AsType[syscall.Errno](err); ok {
		return no.Error()
	}
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "it took too long"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed"
	}
	return "the connection broke, or what came was not HTTP"
}

// neverSent reports whether err arose before any byte of the request was sent.
func neverSent(err error) bool {
	oe, ok := errors.AsType[*net.OpError](err)
	return ok && connecting(oe) || errors.Is(err, errNeverSent)
}

// connecting reports whether e arose while the connection was being made.
func connecting(e *net.OpError) bool { return e.Op == "dial" || e.Op == "proxyconnect" }
