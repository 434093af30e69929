// Package audit judges credentials: each rule is a row of one table, and a small
// function over a credential and what the journal, the policy and the inventory know
// of it. It reads and writes nothing.
package audit

import (
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// A Severity says how soon a finding needs action.
type Severity int

// The severities, the least first.
const (
	Note Severity = iota
	Low
	Medium
	High
	Critical
)

// Severities returns the names of the severities, the least first.
func Severities() []string { return []string{"note", "low", "medium", "high", "critical"} }

func (s Severity) String() string { return Severities()[s] }

// MarshalText writes the name of s.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ParseSeverity reads the name of a severity.
func ParseSeverity(name string) (Severity, error) {
	i := slices.Index(Severities(), name)
	if i < 0 {
		return Note, provider.Usage("unknown severity %q (valid: %s)", name, strings.Join(Severities(), ", "))
	}
	return Severity(i), nil
}

// severityOf returns the severity of a score as GitHub reads security-severity.
func severityOf(score float64) Severity {
	switch {
	case score > 9:
		return Critical
	case score >= 7:
		return High
	case score >= 4:
		return Medium
	}
	return Low
}
