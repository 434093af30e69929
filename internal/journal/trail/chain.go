package trail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// chained returns the line of e after a tail: with the SHA-256 of the tail, without its
// last line break. The tail is the last line that has a hash, and what follows it: what
// a killed run has left, or was written before lines had a hash.
func chained(tail []byte, e Event) ([]byte, error) {
	hash := sha256.Sum256(bytes.TrimSuffix(tail, []byte("\n")))
	e.Prev = hex.EncodeToString(hash[:])
	line, err := json.Marshal(e)
	return append(line, '\n'), err
}

func isChained(line []byte) bool { return prevOf(line) != "" }

// prevOf returns the hash that a line has; "": it has none, or is not whole.
func prevOf(line []byte) string {
	var e struct {
		Prev string `json:"prev"`
	}
	if json.Unmarshal(line, &e) != nil {
		return ""
	}
	return e.Prev
}

// A Break is a line at which the chain of hashes breaks.
type Break struct {
	Line   int    `json:"line"` // from 1
	Reason string `json:"reason"`
}

// A Report is what [Verify] found.
type Report struct {
	Path   string  `json:"path"`
	Lines  int     `json:"lines"`
	Hashed int     `json:"hashed"` // lines that have a hash
	Breaks []Break `json:"breaks"`

	// Partial are lines that a killed run did not write to the end. They break nothing: the
	// next line has their hash.
	Partial []int `json:"partial,omitzero"`

	// Last is the hash that the next line will have. Whoever noted it elsewhere can tell
	// later that no line was removed from the end.
	Last string `json:"last"`
}

// Verify reads a trail and reports where its chain breaks. Lines before the first one
// with a hash are older than the chain: that line has the hash of all of them.
func Verify(in Lines) (Report, error) {
	report := Report{Path: in.Where(), Breaks: []Break{}}
	broken := func(why string) { report.Breaks = append(report.Breaks, Break{report.Lines, why}) }
	h := sha256.New()
	between, hashed := "", 0 // hashed is the last line that has a hash
	err := in.Each(func(line []byte) {
		report.Lines++
		prev, complete := prevOf(line), json.Valid(line)
		switch {
		case prev != "":
			if prev != hex.EncodeToString(h.Sum(nil)) {
				broken(reason(report.Lines, hashed, prev))
			}
			report.Hashed++
			hashed = report.Lines
			h.Reset()
			between = ""
		case report.Hashed > 0 && complete:
			broken("it has no hash: credctl did not write it")
		case !complete:
			report.Partial = append(report.Partial, report.Lines)
		}
		_, _ = h.Write([]byte(between)) // a hash returns no error
		_, _ = h.Write(line)
		between = "\n"
	})
	report.Last = hex.EncodeToString(h.Sum(nil))
	return report, named(err)
}

// reason says what it means that a line with this hash does not follow what is before it,
// of which the line hashed is the last that has a hash; 0: none has.
func reason(line, hashed int, prev string) string {
	empty := sha256.Sum256(nil)
	switch {
	case prev == hex.EncodeToString(empty[:]):
		return "a new trail begins here"
	case line == 1:
		return "lines before it were removed"
	case hashed == 0:
		return fmt.Sprintf("lines 1 to %d were changed, added or removed", line-1)
	}
	return fmt.Sprintf("line %d was changed, or lines after it were added or removed", hashed)
}
