package oplog

import "time"

// A Reason says in one word why a run changed a credential, or left it alone. The
// words are frozen: programs compare them.
type Reason string

// The reasons.
const (
	ReasonRequested   Reason = "requested"   // it was rotated because a command named it
	ReasonDue         Reason = "due"         // it was rotated because a policy says so
	ReasonNotDue      Reason = "not_due"     // it is younger than its policy allows
	ReasonResumed     Reason = "resumed"     // an unfinished rotation was continued
	ReasonGrace       Reason = "grace"       // the old credential is kept until its grace period ends
	ReasonRotated     Reason = "rotated"     // an earlier or another run has rotated it
	ReasonEnded       Reason = "ended"       // its rotation had ended before
	ReasonAborted     Reason = "aborted"     // its rotation was aborted
	ReasonRedelivered Reason = "redelivered" // destinations that held something else got its secret again
	ReasonNoMatch     Reason = "no_match"    // an entry of a policy matches no credential
	ReasonSkipped     Reason = "skipped"     // it was left out
	ReasonRefused     Reason = "refused"     // a limit forbids it
	ReasonInterrupted Reason = "interrupted" // the run was interrupted before it began
	ReasonFailed      Reason = "failed"
)

// An Age compares how old a credential is with what its policy allows.
type Age struct {
	Due     bool      `json:"due"`                  // to be rotated now
	DueAt   time.Time `json:"due_at,omitzero"`      // zero: unknown
	Seconds *int64    `json:"age_seconds,omitzero"` // nil: unknown
}
