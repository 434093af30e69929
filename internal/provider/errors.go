package provider

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// The classes of failure that callers tell apart. Every error that leaves an
// adapter wraps one of them; exit statuses are made from them, and nothing else.
var (
	ErrUsage       = errors.New("usage")        // the caller's mistake, found before any request
	ErrInvalid     = errors.New("rejected")     // the vendor rejects the input
	ErrDenied      = errors.New("denied")       // no token, a bad one, or one that may not
	ErrNotFound    = errors.New("not found")    //
	ErrRefused     = errors.New("refused")      // one of our own guards says no
	ErrConflict    = errors.New("conflict")     // a quota, a name that is taken, a state that forbids it
	ErrVerify      = errors.New("verification") // a new secret does not work, or has other rights
	ErrPartial     = errors.New("partly done")  //
	ErrPending     = errors.New("pending")      // it waits for time, a person or the vendor
	ErrRateLimited = errors.New("rate limited")
	ErrUnavailable = errors.New("unavailable")

	// ErrUnreachable means that no connection can be made until somebody changes
	// something: a certificate, a host name, a proxy, a TLS version. Nothing was sent.
	ErrUnreachable = errors.New("unreachable")

	ErrLocked = errors.New("locked") // another run works on the same credential

	// ErrMetered means that a secret works, and that trying it again would use up a
	// small rate limit of the credential.
	ErrMetered = errors.New("works, within a small rate limit")

	// ErrUnknown means that a request which changes something was sent, and that
	// nobody knows whether it was carried out. It is never sent again.
	ErrUnknown = errors.New("outcome unknown")

	// ErrDryRun means that a request which changes something was shown in place
	// of being sent, as was asked for.
	ErrDryRun = errors.New("not sent, because this is a dry run")

	// ErrAbsent means that the vendor says of the credential itself that it is not
	// there. The 404 of a router or a gateway has the class [ErrNotFound] alone.
	ErrAbsent = errors.New("absent")

	// ErrGone means that a repeated deletion found nothing to delete, after the
	// answer to an earlier try was lost. That try may have deleted the credential,
	// or there never was one: only reading it can tell.
	ErrGone = errors.New("already gone")
)

// An Error is an answer other than success. It never holds the body of the
// response, which may carry a secret: only the vendor's own message, bounded
// and without control characters.
type Error struct {
	Op        string // "POST /api_tokens"
	Status    int
	Code      string // the vendor's own code, if any
	Message   string // the vendor's own words, if any
	RequestID string

	RetryAfter string // the header, as it came
	Date       string // the header, as it came
	Class      error  // what the vendor means; nil: what the status says
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d", e.Op, e.Status)
	if e.Code != "" {
		fmt.Fprintf(&b, " %s", e.Code)
	} else {
		fmt.Fprintf(&b, " %s", strings.ToLower(http.StatusText(e.Status)))
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request %s)", e.RequestID)
	}
	return b.String()
}

func (e *Error) Unwrap() error {
	if e.Class != nil {
		return e.Class
	}
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return ErrDenied
	case http.StatusNotFound, http.StatusGone:
		return ErrNotFound
	case http.StatusConflict, http.StatusPreconditionFailed, http.StatusPaymentRequired:
		return ErrConflict
	case http.StatusTooManyRequests:
		return ErrRateLimited
	case http.StatusRequestTimeout:
		return ErrUnavailable
	}
	if e.Status >= 500 {
		return ErrUnavailable
	}
	return ErrInvalid
}

// Usage returns an error of class [ErrUsage]: something that the caller can
// repair, found before any request was made.
func Usage(format string, args ...any) error {
	return classed{fmt.Errorf(format, args...), ErrUsage}
}

// WithClass returns err as an error of the given class too. Its text stays as it is.
func WithClass(class, err error) error { return classed{err, class} }

// classed adds a class to an error without adding to its text.
type classed struct{ err, class error }

func (e classed) Error() string   { return e.err.Error() }
func (e classed) Unwrap() []error { return []error{e.err, e.class} }

// Hint returns err with advice on what to do next, for [HintOf].
func Hint(err error, format string, args ...any) error {
	return hinted{err, fmt.Sprintf(format, args...)}
}

// AlsoHint returns err with advice that comes after what it carries already.
func AlsoHint(err error, format string, args ...any) error {
	advice := fmt.Sprintf(format, args...)
	if before := HintOf(err); before != "" {
		advice = before + "; " + advice
	}
	return hinted{err, advice}
}

// HintOf returns the advice that err carries, or "".
func HintOf(err error) string {
	if h, ok := errors.AsType[hinted](err); ok {
		return h.hint
	}
	return ""
}

type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }
