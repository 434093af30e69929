// Package exit says what an error means to whoever ran the program: its code, the
// exit status, and what it is about.
package exit

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

// ErrFindings means that an audit found something as severe as was asked for.
var ErrFindings = errors.New("findings")

// A Silent error ends the program with that status and without a message.
type Silent int

func (s Silent) Error() string { return fmt.Sprintf("status %d", int(s)) }

// A Status is how an error of a class ends the program. Both its code and its
// number are frozen.
type Status struct {
	Class  error
	Code   string
	Number int
}

// Statuses are looked through in this order: an error that has several classes
// ends the program as the first of them.
func Statuses() []Status {
	return []Status{
		{term.ErrDeclined, "declined", 130},           // a question was answered with no
		{provider.ErrUnknown, "unknown", 9},           // a request was sent, and nobody knows whether it was carried out
		{ErrFindings, "findings", 11},                 // an audit found something
		{provider.ErrPartial, "partial", 8},           // partly done
		{provider.ErrPending, "pending", 8},           // waits for time, a person or the vendor
		{provider.ErrVerify, "verify_failed", 7},      // a new secret does not work, or has other rights
		{provider.ErrRefused, "refused", 5},           // a guard says no
		{provider.ErrUsage, "usage", 2},               // a mistake on the command line or in the configuration
		{provider.ErrLocked, "locked", 75},            // another run works on the same credential
		{provider.ErrConflict, "conflict", 6},         // a quota, or a state that forbids it
		{provider.ErrDenied, "denied", 3},             // no token, a bad one, or one that may not
		{provider.ErrNotFound, "not_found", 4},        // there is no such thing
		{provider.ErrInvalid, "invalid", 2},           // the vendor rejects the input
		{provider.ErrRateLimited, "rate_limited", 75}, // too many requests
		{context.DeadlineExceeded, "timeout", 75},     // it took too long
		{provider.ErrUnreachable, "unreachable", 1},   // no connection until something is changed
		{provider.ErrUnavailable, "unavailable", 75},  // the vendor cannot answer now
		{context.Canceled, "interrupted", 130},        // interrupted
	}
}

// Of returns the code and the exit status of err, which is not nil.
func Of(err error) (code string, status int) {
	for _, s := range Statuses() {
		if errors.Is(err, s.Class) {
			return s.Code, s.Number
		}
	}
	if _, ok := errors.AsType[*net.OpError](err); ok { // and not net.Error, which every syscall.Errno is
		return "unavailable", 75
	}
	return "error", 1
}

// StatusOf returns the exit status of err, which is not nil.
func StatusOf(err error) int {
	_, status := Of(err)
	return status
}

// After returns the exit status of a command that ended with err, or without one, in a
// program that ctx interrupts.
func After(ctx context.Context, err error) int {
	if status, silent := errors.AsType[Silent](err); err == nil || silent {
		return int(status)
	}
	if ctx.Err() != nil { // whatever failed, the run was interrupted
		return interrupted
	}
	return StatusOf(err)
}

const interrupted = 130

// Help is the frozen table of the statuses, for people.
const Help = `Exit statuses of credctl. They are frozen: scripts may rely on them.

    0  success
    1  another error; it stays until you fix what the message names
    2  usage error, not supported by the vendor, or input that the vendor rejects
    3  no token, an invalid token, or permission denied
    4  not found
    5  refused by a safety limit; the message names the flag that overrides it
    6  quota reached, or conflict
    7  verification failed, or the permissions of a new credential differ
    8  partly done, or pending; the message says how to continue
    9  outcome unknown: the answer to a change was lost
   10  something changed, with --detailed-exitcode
   11  the audit found something, with --fail-on
   75  temporary: locked by another run, rate limited, unavailable or timed out
  130  interrupted, or a question was answered with no
`
