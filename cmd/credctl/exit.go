package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

// An exitStatus ends the program with that status and without a message.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("status %d", int(s)) }

// A status is how an error ends the program. Both its code and its number are frozen.
type status struct {
	class error
	code  string
	exit  int
	means string
}

// statuses are looked through in this order: an error that has several classes
// ends the program as the first of them.
func statuses() []status {
	return []status{
		{term.ErrDeclined, "declined", 130, "a question was answered with no"},
		{provider.ErrUnknown, "unknown", 9, "a request was sent, and nobody knows whether it was carried out"},
		{provider.ErrPartial, "partial", 8, "partly done"},
		{provider.ErrPending, "pending", 8, "waits for time, a person or the vendor"},
		{provider.ErrVerify, "verify_failed", 7, "a new secret does not work, or has other rights"},
		{provider.ErrRefused, "refused", 5, "a guard says no"},
		{provider.ErrUsage, "usage", 2, "a mistake on the command line or in the configuration"},
		{provider.ErrLocked, "locked", 75, "another run works on the same credential"},
		{provider.ErrConflict, "conflict", 6, "a quota, or a state that forbids it"},
		{provider.ErrDenied, "denied", 3, "no token, a bad one, or one that may not"},
		{provider.ErrNotFound, "not_found", 4, "there is no such thing"},
		{provider.ErrInvalid, "invalid", 2, "the vendor rejects the input"},
		{provider.ErrRateLimited, "rate_limited", 75, "too many requests"},
		{context.DeadlineExceeded, "timeout", 75, "it took too long"},
		{provider.ErrUnavailable, "unavailable", 75, "the vendor cannot answer now"},
		{context.Canceled, "interrupted", 130, "interrupted"},
	}
}

// statusOf returns the code and the exit status of err, which is not nil.
func statusOf(err error) (code string, exit int) {
	for _, s := range statuses() {
		if errors.Is(err, s.class) {
			return s.code, s.exit
		}
	}
	if _, ok := errors.AsType[*net.OpError](err); ok { // and not net.Error, which every syscall.Errno is
		return "unavailable", 75
	}
	return "error", 1
}

// exitOf returns the exit status of err, which is not nil.
func exitOf(err error) int {
	_, exit := statusOf(err)
	return exit
}

// exit reports err, once and here only, and returns the status of the program.
func (a *app) exit(ctx context.Context, cmd *cobra.Command, err error) int {
	s, isStatus := errors.AsType[exitStatus](err)
	if err == nil || isStatus {
		a.streams.WriteRemarks()
		return int(s)
	}
	if term.OnlyReaderGone(err) {
		return 141
	}
	code, exit := statusOf(err)
	if ctx.Err() != nil && (exit == 1 || exit == 75 || exit == 2 && errors.Is(err, term.ErrInterrupted)) { // it failed because it was to end
		code, exit = "interrupted", 130
	}
	if a.failed == (failure{}) {
		a.failed = a.about(cmd)
	}
	if a.forPrograms() || asksJSON(a.args) {
		_ = a.jsonError(a.streams.Err, code, exit, err)
		return exit
	}
	fmt.Fprintf(a.streams.Err, "credctl: %s%s\n", a.failed.prefix(), err)
	if hint := provider.HintOf(err); hint != "" {
		fmt.Fprintf(a.streams.Err, "hint: %s\n", hint)
	}
	return exit
}

// about says what cmd was to do at which vendor, for an error that came before it began.
func (a *app) about(cmd *cobra.Command) failure {
	words := strings.Fields(cmd.CommandPath())[1:]
	if len(words) > 0 && slices.ContainsFunc(a.config.Vendors(), func(p provider.Provider) bool { return p.Name == words[0] }) {
		return failure{provider: words[0], verb: strings.Join(words[1:], " ")}
	}
	return failure{}
}

// asksJSON reports whether args ask for JSON. It is for those that could not be
// parsed: a program that reads errors as JSON does not know why there is one.
func asksJSON(args []string) bool {
	for i, arg := range args {
		name, value, joined := strings.Cut(arg, "=")
		if !joined && i+1 < len(args) {
			value = args[i+1]
		}
		switch {
		case arg == "--":
			return false
		case name == "--jq", (name == "-o" || name == "--output") && output.AsksJSON(value), strings.HasPrefix(arg, "-o") && output.AsksJSON(arg[2:]):
			return true
		}
	}
	return false
}

// prefix names the vendor, the verb and the ID that an error is about.
func (f failure) prefix() string {
	var parts []string
	for _, s := range []string{f.provider, f.verb, f.id} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, " ") + ": "
}

// errorObject is an error as JSON. Its fields are frozen.
type errorObject struct {
	Code       string `json:"code"`
	Exit       int    `json:"exit"`
	Provider   string `json:"provider,omitzero"`
	Verb       string `json:"verb,omitzero"`
	ID         string `json:"id,omitzero"`
	Message    string `json:"message"`
	VendorCode string `json:"vendor_code,omitzero"`
	Status     int    `json:"status,omitzero"`
	RequestID  string `json:"request_id,omitzero"`
	Hint       string `json:"hint,omitzero"`
}

func (f failure) object(code string, exit int, err error) errorObject {
	o := errorObject{Code: code, Exit: exit, Provider: f.provider, Verb: f.verb, ID: f.id, Message: err.Error(), Hint: provider.HintOf(err)}
	if e, ok := errors.AsType[*provider.Error](err); ok {
		o.VendorCode, o.Status, o.RequestID = e.Code, e.Status, e.RequestID
	}
	return o
}

func (a *app) jsonError(w io.Writer, code string, exit int, err error) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(map[string]errorObject{"error": a.failed.object(code, exit, err)})
}

// exitCodesCmd is `credctl help exit-codes`.
func exitCodesCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:    "exit-codes",
		Short:  "What the exit statuses mean",
		Hidden: true,
		Args:   exact(),
		RunE:   func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) { fmt.Fprint(cmd.OutOrStdout(), exitCodes) })
	return cmd
}

// exitCodes is the frozen table. TestExitCodes holds it against statuses.
const exitCodes = `Exit statuses of credctl. They are frozen: scripts may rely on them.

    0  done
    1  another error
    2  usage, something that the vendor's API does not have, or input that the vendor rejects
    3  no token, a bad one, or one that is not permitted to do this
    4  not found
    5  refused by a guard; the message names the flag that overrides it
    6  a quota or a conflict
    7  verification failed, or the rights of a new credential differ
    8  partly done, or pending: the message says how to go on
    9  outcome unknown: an answer was lost after a request that changes something was sent
   10  with --detailed-exitcode: something was changed
   75  temporary: locked by another run, rate limited, unavailable, or timed out
  130  interrupted, or a question was answered with no
`
