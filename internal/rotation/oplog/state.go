package oplog

// A State says how far an operation has come.
type State string

// The states, in the order in which a replacement passes them. In place, the
// delivery comes before the verification.
const (
	Intent    State = "intent"
	Issued    State = "issued"
	Verified  State = "verified"
	Delivered State = "delivered"
	Hooked    State = "hooked"
	Grace     State = "grace"
	Retired   State = "retired"
	Done      State = "done"
	Aborted   State = "aborted" // the old credential stays, and there is no new one
	Pending   State = "pending" // it waits for time, a person or the vendor
	Unknown   State = "unknown" // an answer was lost
)

// Failed is the state of a destination that could not be written.
const Failed State = "failed"

// A DeliveryState says whether a destination has the new secret.
type DeliveryState struct {
	To    string `json:"to"`
	State State  `json:"state"` // delivered, pending or failed
}

// A Strategy is one of the ways in which a credential is rotated.
type Strategy string

// The strategies.
const (
	Replace  Strategy = "replace"  // a second credential, and then the deletion of the old one
	Rotate   Strategy = "rotate"   // the vendor's own route: the old secret stops working at once
	Generate Strategy = "generate" // a new secret for the same credential: the old one stops working at once
)

// InPlace reports whether the old secret stops working as soon as there is a new one.
func (s Strategy) InPlace() bool { return s != Replace }
