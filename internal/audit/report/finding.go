package report

import (
	"time"

	"github.com/credctl/credctl/internal/audit"
)

// A finding is [audit.Finding] as JSON shows it.
type finding struct {
	Rule        string         `json:"rule"`
	Name        string         `json:"name"`
	Severity    audit.Severity `json:"severity"`
	Score       float64        `json:"score"`
	Credential  credential     `json:"credential"`
	Message     string         `json:"message"`
	Since       time.Time      `json:"since,omitzero"`
	Fix         string         `json:"fix,omitzero"`
	Fingerprint string         `json:"fingerprint"`
	Known       bool           `json:"known"`
	Muted       bool           `json:"muted"`
	Exception   *exception     `json:"exception,omitzero"`
	Anchors     []string       `json:"anchors,omitzero"`
}

// A credential is what a finding is about. An entry of the journal may be about none.
type credential struct {
	Provider string `json:"provider"`
	Kind     string `json:"kind"`
	ID       string `json:"id"`
	Name     string `json:"name,omitzero"`
	Chain    string `json:"chain"`
}

type exception struct {
	Reason string `json:"reason"`
	Owner  string `json:"owner,omitzero"`
	Ticket string `json:"ticket,omitzero"`
	Until  string `json:"until"`
}

func findingOf(f audit.Finding) finding {
	out := finding{
		Rule: f.Rule.ID, Name: f.Rule.Name, Severity: f.Severity, Score: f.Score, Message: f.Message, Since: f.Since.UTC().Truncate(time.Second),
		Credential: credential{f.Ref.Provider, f.Ref.Kind, f.Ref.ID, f.Name, f.Root},
		Fix:        f.Fix, Fingerprint: f.Fingerprint, Known: f.Known, Muted: f.Muted != nil, Anchors: f.Rule.Anchors,
	}
	if e := f.Muted; e != nil {
		out.Exception = &exception{e.Reason, e.Owner, e.Ticket, e.Until.Format(time.DateOnly)}
	}
	return out
}
