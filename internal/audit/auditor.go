package audit

import (
	"hash/maphash"
	"time"

	"github.com/credctl/credctl/internal/audit/ledger"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// Facts are what an audit knows apart from the listing.
type Facts struct {
	Now       time.Time
	Journal   *ledger.Ledger
	Inventory *Inventory      // nil: none was given
	Policy    Policy          // nil: none was given
	Baseline  map[string]bool // the fingerprints of an earlier report

	Judged    func(vendor string) bool                // whether a vendor is among those that are audited
	FirstSeen func(journal.Ref) time.Time             // when credctl first saw a credential; zero: never
	Drifted   func(journal.Ref) []string              // the destinations of its secret that hold something else
	Updated   func(journal.Ref) time.Time             // when credctl last changed one without a rotation; zero: never
	TellsUse  func(vendor, kind string) bool          // whether listings say when one was last used
	Kinds     func(vendor string) []string            // the kinds of a vendor
	Leaked    func(*provider.Credential) string       // where a leak scanner found one; "": nowhere
	Command   func(journal.Ref, provider.Verb) string // the command line for a verb; "": there is none
}

// An Auditor judges the credentials of a listing one by one.
type Auditor struct {
	Summary Summary

	facts  Facts
	rules  []Rule
	seed   maphash.Seed
	names  map[uint64]bool // which were seen, by their hash
	judged []string        // the vendors that were listed whole
}

// A Summary counts what was found.
type Summary struct {
	Credentials int
	Findings    [Critical + 1]int // by severity, of those that are not muted
	Muted       int
	Unknown     int // credentials without a date of creation
}

// New returns an auditor that knows these facts.
func New(f Facts) *Auditor {
	if f.Inventory != nil {
		f.Inventory.index(f.Journal.Root, f.Kinds)
	}
	for i := range f.Policy {
		if f.Policy[i].ID != "" {
			f.Policy[i].Ref = f.Journal.Root(f.Policy[i].Ref)
		}
	}
	return &Auditor{facts: f, rules: Rules(), seed: maphash.MakeSeed(), names: map[uint64]bool{}}
}

// Judge returns what is known of c, and what the rules find. It does not keep c.
func (a *Auditor) Judge(c *provider.Credential) (Standing, []Finding) {
	s := a.subject(c)
	a.Summary.Credentials++
	if s.Basis != FromCreated {
		a.Summary.Unknown++
	}
	var found []Finding
	for i := range a.rules {
		if a.rules[i].judge == nil {
			continue
		}
		if v := a.rules[i].judge(s); v != nil {
			f := a.finding(&a.rules[i], *v, s.ref, s.root, c.Name)
			if v.Fix != "" {
				f.Fix = a.facts.Command(s.ref, v.Fix)
			}
			if s.Owner != nil {
				f.At = s.Owner.At
			} else if s.Policy != nil {
				f.At = s.Policy.At
			}
			found = append(found, a.count(f))
		}
	}
	return s.Standing, found
}

// End returns what the rules find apart from credentials, when all of the listing was
// judged. Judged are the vendors that were listed whole.
func (a *Auditor) End(judged []string) (found []Finding) {
	a.judged = judged
	for i := range a.rules {
		if a.rules[i].inspect == nil {
			continue
		}
		for _, v := range a.rules[i].inspect(a) {
			if v.ref.Provider != "" && !a.facts.Judged(v.ref.Provider) {
				continue
			}
			root := a.facts.Journal.Root(v.ref)
			f := a.finding(&a.rules[i], v.Verdict, v.ref, root, v.name)
			if v.id != "" {
				f.Fingerprint = fingerprint(f.Rule.ID+"|"+v.id, root)
				f.Known = a.facts.Baseline[f.Fingerprint]
			}
			f.Fix, f.At = v.fix, v.at
			found = append(found, a.count(f))
		}
	}
	return found
}

func (a *Auditor) finding(rule *Rule, v Verdict, ref, root journal.Ref, name string) Finding {
	f := Finding{Rule: rule, Severity: rule.Severity(), Score: rule.Score, Ref: ref, Name: name, Root: root.ID, Message: v.Message, Since: v.Since}
	if v.Score != 0 {
		f.Score, f.Severity = v.Score, severityOf(v.Score)
	}
	f.Fingerprint = fingerprint(rule.ID, root)
	f.Known = a.facts.Baseline[f.Fingerprint]
	f.Muted = a.exception(rule.ID, ref, root, name)
	return f
}

// exception returns what mutes a finding, or nil.
func (a *Auditor) exception(rule string, ref, root journal.Ref, name string) (by *Exception) {
	if a.facts.Inventory == nil {
		return nil
	}
	for i := range a.facts.Inventory.Exceptions {
		e := &a.facts.Inventory.Exceptions[i]
		if e.Rule != rule || !e.Match.is(ref, root.ID, name, e.Match.ID != "" && a.facts.Journal.Root(ref.With(e.Match.ID)) == root) {
			continue
		}
		if e.used = true; !e.Ended(a.facts.Now) {
			by = e
		}
	}
	return by
}

func (a *Auditor) count(f Finding) Finding {
	if f.Muted != nil {
		a.Summary.Muted++
	} else {
		a.Summary.Findings[f.Severity]++
	}
	return f
}

// judges reports whether what a rule needs was given.
func (a *Auditor) judges(r Rule) bool {
	return r.Needs != "policy" || a.facts.Policy != nil
}

// firstOfName reports whether no credential of the kind with the name of s was judged before.
func (a *Auditor) firstOfName(s *Subject) bool {
	key := maphash.Comparable(a.seed, [3]string{s.Provider, s.Kind, s.Name})
	if a.names[key] {
		return false
	}
	a.names[key] = true
	return true
}
