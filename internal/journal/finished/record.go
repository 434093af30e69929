// Package finished is the index of operations that have ended: a file of one line for
// each, with what later runs need of it, in which no line is searched for by reading
// all of them.
package finished

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"
)

// A Ref names one credential forever.
type Ref struct {
	Provider string `json:"provider"`
	Kind     string `json:"kind"`
	ID       string `json:"id"`
}

func (r Ref) String() string { return r.Provider + " " + r.Kind + " " + r.ID }

// With returns the reference to another credential of the same kind.
func (r Ref) With(id string) Ref {
	r.ID = id
	return r
}

// A Record is what later runs need of an operation that has ended.
type Record struct {
	Operation string `json:"operation"`
	Ref              // the credential that was rotated

	NewID   string    `json:"new_id,omitzero"`
	Aborted bool      `json:"aborted,omitzero"`
	Began   time.Time `json:"began"`
	Issued  time.Time `json:"issued,omitzero"` // zero: nothing was issued
	Ended   time.Time `json:"ended"`
	Prints  []Print   `json:"prints,omitzero"`

	// First and Last are the ends of the chain of successors, as far as it was known
	// when the record was added.
	First string `json:"first,omitzero"`
	Last  string `json:"last,omitzero"`

	at       int64 // of the line
	recorded bool
}

// A Print tells a secret again that was issued for a credential.
type Print struct {
	ID    string `json:"id"`
	Print string `json:"print"`
}

// New returns the reference to the new credential.
func (r Record) New() Ref { return r.With(r.NewID) }

// Follows reports whether the operation gave its credential a successor with an ID of
// its own. What was created without replacing a credential follows none.
func (r Record) Follows() bool { return !r.Aborted && r.ID != "" && r.NewID != "" && r.NewID != r.ID }

// The check is the last member of a line, over the line without it.
const checkBegin, checkEnd = `,"mac":"`, `"}` + "\n"

// encode returns the line of r.
func (a *Archive) encode(r Record) ([]byte, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	mac, err := a.Sign(line)
	return append(append(line[:len(line)-1], checkBegin...), mac+checkEnd...), err
}

// errTorn is the error of a line that is not as it was written.
var errTorn = errors.New("a line is not as credctl wrote it")

// decode reads a line.
func (a *Archive) decode(line []byte) (r Record, err error) {
	at := bytes.LastIndex(line, []byte(checkBegin))
	if at < 0 {
		return r, errTorn
	}
	mac, complete := bytes.CutSuffix(line[at+len(checkBegin):], []byte(checkEnd))
	content := append(bytes.Clone(line[:at]), '}')
	want, err := a.Sign(content)
	if err != nil {
		return r, err
	}
	if !complete || string(mac) != want || json.Unmarshal(content, &r) != nil {
		return r, errTorn
	}
	return r, nil
}

// keys returns what a line is found by.
func (a *Archive) keys(line []byte) ([]string, error) {
	r, err := a.decode(line)
	if err != nil {
		return nil, err
	}
	keys := []string{byOperation + r.Operation}
	for _, id := range []string{r.ID, r.NewID} {
		if id != "" {
			keys = append(keys, byID+id)
		}
	}
	for _, p := range r.Prints {
		keys = append(keys, byPrint+p.Print)
	}
	switch {
	case r.Aborted:
		keys = append(keys, byAborted+r.String(), byAborted+r.New().String())
	default:
		keys = append(keys, byOld+r.String(), byNew+r.New().String())
	}
	if r.Follows() {
		keys = append(keys, byNext+r.String(), byPrevious+r.New().String(), byChain+r.With(r.First).String())
	}
	return keys, nil
}

// What a record is found by.
const (
	byOperation = "operation "
	byID        = "id "
	byPrint     = "print "
	byOld       = "old "
	byNew       = "new "
	byAborted   = "aborted "
	byNext      = "next "     // as byOld, of what has a successor
	byPrevious  = "previous " // as byNew, of what is a successor
	byChain     = "chain "
)

// keep has the operation found that began last. Of a chain it is the one that was
// recorded last, which knows where it ends.
func (a *Archive) keep(key string, earlier, later []byte) bool {
	if bytes.HasPrefix([]byte(key), []byte(byChain)) {
		return false
	}
	e, err := a.decode(earlier)
	if err != nil {
		return false
	}
	l, err := a.decode(later)
	return err == nil && l.Began.Before(e.Began)
}
