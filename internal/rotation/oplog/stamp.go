package oplog

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const stampPrefix = "credctl-"

// Stamp is a name that only this operation gives to what it creates. That of a rotation
// ends with a mark of the old credential, by which runs with another journal recognize it.
func (s *OpState) Stamp() string {
	if s.Subject.ID == "" {
		return stampPrefix + s.ID
	}
	return stampPrefix + s.ID + "-" + s.Subject.mark()
}

// StampedBy returns the ID of the operation that gives this name to a replacement of s,
// or "" if the name is no stamp of a replacement of s.
func (s Subject) StampedBy(name string) string {
	rest, stamped := strings.CutPrefix(name, stampPrefix)
	if !stamped { // as nearly all names of a listing
		return ""
	}
	operation, marked := strings.CutSuffix(rest, "-"+s.mark())
	if !marked {
		return ""
	}
	return operation
}

// mark stands for the credential in a stamp.
func (s Subject) mark() string {
	sum := sha256.Sum256([]byte(s.Ref().String()))
	return hex.EncodeToString(sum[:4])
}
