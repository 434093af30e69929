package oplog

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Options is how one credential is rotated.
type Options struct {
	InPlace bool     `json:"in_place,omitzero"` // use the route that stops the old secret at once
	Overlap bool     `json:"overlap,omitzero"`  // do not use it
	To      []string `json:"to,omitzero"`       // the destinations
	Hook    Hook     `json:"hook,omitzero"`     // run after delivery

	// Verify is auto (or empty), none, or exec: and a command line.
	Verify        string        `json:"verify,omitzero"`
	VerifyTimeout time.Duration `json:"verify_timeout,omitzero"` // zero is 5 minutes
	Grace         time.Duration `json:"grace,omitzero"`          // how long the old credential is kept

	AcceptDrift bool `json:"accept_drift,omitzero"` // continue if permissions differ
	Self        bool `json:"self,omitzero"`         // it may be the credential that credctl authenticates with

	InsecurePerms bool `json:"insecure_perms,omitzero"` // destinations may be files that others can read
}

// A Hook is a command that is run when everything is delivered. The zero Hook
// does nothing.
type Hook struct {
	Line  string   `json:"line,omitzero"`  // for the shell; or
	Args  []string `json:"args,omitzero"`  // a program and its arguments
	Stdin bool     `json:"stdin,omitzero"` // it gets the new credential, as JSON with its secret
}

// IsZero reports whether there is no hook.
func (h Hook) IsZero() bool { return h.Line == "" && len(h.Args) == 0 }

func (h Hook) String() string { return cmp.Or(h.Line, strings.Join(h.Args, " ")) }

// With returns o with what a later run asks for, and whether that is more. What
// was promised before is not taken back: no destination is left out.
func (o Options) With(q Options) (Options, bool) {
	more := false
	for _, to := range q.To {
		if !slices.Contains(o.To, to) {
			o.To, more = append(slices.Clip(o.To), to), true
		}
	}
	if !q.Hook.IsZero() && q.Hook.String() != o.Hook.String() {
		o.Hook, more = q.Hook, true
	}
	if q.Verify != "" && q.Verify != o.Verify {
		o.Verify, more = q.Verify, true
	}
	if q.VerifyTimeout > 0 && q.VerifyTimeout != o.VerifyTimeout {
		o.VerifyTimeout, more = q.VerifyTimeout, true
	}
	if q.AcceptDrift && !o.AcceptDrift {
		o.AcceptDrift, more = true, true
	}
	if q.InsecurePerms && !o.InsecurePerms {
		o.InsecurePerms, more = true, true
	}
	return o, more
}
