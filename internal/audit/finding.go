package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/journal"
)

// A Finding is what a rule says of one credential, or of an entry of a file.
type Finding struct {
	Rule     *Rule
	Severity Severity
	Score    float64
	Ref      journal.Ref // of the credential; an empty one is about none
	Name     string
	Root     string // the first ID of its chain
	Message  string
	Since    time.Time // when it became so; zero: unknown
	Fix      string    // the command that repairs it; "": there is none

	Fingerprint string
	Known       bool       // the baseline has it
	Muted       *Exception // why it does not count
	At          Place      // in the policy or the inventory; the zero Place is no entry
}

// Counts reports whether f counts in the exit status.
func (f Finding) Counts() bool { return f.Muted == nil && !f.Known }

// A Place is where an entry begins in a file.
type Place struct {
	File         string
	Line, Column int
}

// fingerprint names a finding in every run: it depends on the rule and on the first
// ID of a chain alone, and so survives rotations.
func fingerprint(rule string, of journal.Ref) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{rule, of.Provider, of.Kind, of.ID}, "|")))
	return hex.EncodeToString(sum[:])
}

// Compare orders findings: the worst first, muted ones last, and else by rule and credential.
func Compare(a, b Finding) int {
	muted := func(f Finding) int {
		if f.Muted != nil {
			return 1
		}
		return 0
	}
	if d := muted(a) - muted(b); d != 0 {
		return d
	}
	if d := b.Severity - a.Severity; d != 0 {
		return int(d)
	}
	switch {
	case a.Score > b.Score:
		return -1
	case a.Score < b.Score:
		return 1
	}
	for _, pair := range [][2]string{
		{a.Rule.ID, b.Rule.ID}, {a.Ref.Provider, b.Ref.Provider}, {a.Ref.Kind, b.Ref.Kind}, {a.Name, b.Name}, {a.Ref.ID, b.Ref.ID}, {a.Message, b.Message},
	} {
		if d := strings.Compare(pair[0], pair[1]); d != 0 {
			return d
		}
	}
	return 0
}
