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

// errNeverSent says that no byte of a request was sent, so that nothing can have happened.
var errNeverSent = errors.New("no connection")

// A lostError is that no answer arrived, or not the whole of it. It has a message of
// our own, because net/http quotes in its errors what it could not understand.
type lostError struct {
	message string
	err     error
}

func (e *lostError) Error() string { return e.message }
func (e *lostError) Unwrap() error { return e.err }

// lost describes a request whose answer did not arrive, or not whole. Nobody
// knows what became of one that changes something, unless it was never sent.
func lost(r Request, err error) error {
	class, what, why := provider.ErrUnknown, ": no answer: ", reason(err)
	throttled, held := errors.AsType[*pace.ThrottledError](err)
	switch {
	case held:
		class, what, why = provider.ErrRateLimited, ": not sent: ", throttled.Error()
	case errors.Is(err, errNeverSent):
		class, what = provider.ErrUnavailable, ": not sent: "
	case r.idempotent():
		class = provider.ErrUnavailable
	}
	return provider.WithClass(class, &lostError{r.op() + what + why, err})
}

// maybeApplied reports whether a request that ended with err may have been carried
// out before it failed.
func maybeApplied(err error) bool {
	if e, answered := errors.AsType[*provider.Error](err); answered {
		return e.Status >= 500 && (e.Status != http.StatusServiceUnavailable || e.Code == "")
	}
	_, is := errors.AsType[*lostError](err)
	return is && !errors.Is(err, errNeverSent)
}

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

// connecting reports whether e arose while the connection was being made.
func connecting(e *net.OpError) bool { return e.Op == "dial" || e.Op == "proxyconnect" }
