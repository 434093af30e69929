package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// twoActive judges what was replaced and is part of no rotation any more.
func twoActive(s *Subject) *Verdict {
	by, replaced := s.auditor.facts.Journal.Replaced(s.ref)
	if !s.Active || !replaced || s.auditor.facts.Journal.Open(s.ref) {
		return nil
	}
	return &Verdict{Message: "still active, although " + by.ID + " replaced it", Fix: provider.Delete}
}

// unowned judges what the inventory must name.
func unowned(s *Subject) *Verdict {
	switch {
	case !s.Active || s.auditor.facts.Inventory == nil:
		return nil
	case s.Owner == nil:
		return &Verdict{Message: "not in the inventory"}
	}
	var missing []string
	for _, v := range []struct {
		name  string
		empty bool
	}{{"owner", s.Owner.Owner == ""}, {"purpose", s.Owner.Purpose == ""}, {"review date", s.Owner.Review.IsZero()}} {
		if v.empty {
			missing = append(missing, v.name)
		}
	}
	if len(missing) > 0 {
		return &Verdict{Message: "the inventory lacks " + strings.Join(missing, ", ")}
	}
	if due := s.Owner.Review.AddDate(0, 0, 1); !s.now().Before(due) {
		return &Verdict{Message: fmt.Sprintf("the review was due on %s, by %s", date(s.Owner.Review), s.Owner.Owner), Since: due}
	}
	return nil
}

func unmanaged(s *Subject) *Verdict {
	if !s.Active || s.auditor.facts.Policy == nil || s.Policy != nil || s.Owner != nil || s.InGrace {
		return nil
	}
	return &Verdict{Message: "in no policy and not in the inventory"}
}

// changedSlack is how long after the last step of a rotation a change still belongs to it.
const changedSlack = 10 * time.Minute

// changedBehind judges what credctl rotated, where the vendor says when it was changed,
// and where its secret was delivered.
func changedBehind(s *Subject) *Verdict {
	facts := s.auditor.facts
	ours := facts.Journal.Changed(s.ref)
	if !s.Active || ours.IsZero() || s.InGrace {
		return nil
	}
	byCredctl := s.Updated.Before(facts.Updated(s.ref).Add(changedSlack))
	if !s.Updated.After(ours.Add(changedSlack)) || facts.Journal.Open(s.ref) || byCredctl {
		if lost := facts.Drifted(s.ref); len(lost) > 0 {
			return &Verdict{Message: "no longer as delivered: " + strings.Join(lost, ", "), Fix: provider.Rotate}
		}
		return nil
	}
	return &Verdict{Message: fmt.Sprintf("changed on %s, after credctl rotated it on %s", date(s.Updated), date(ours)), Since: s.Updated, Fix: provider.Rotate}
}

// An inspected verdict is about what no listing has shown.
type inspected struct {
	Verdict

	ref  journal.Ref
	id   string // names the finding, where no credential does
	name string
	fix  string
	at   Place
}

func retireOverdue(a *Auditor) (found []*inspected) {
	for _, o := range a.facts.Journal.Unfinished {
		if !o.OnlyRetire || a.facts.Now.Before(o.Until) && o.Error == "" {
			continue
		}
		v := Verdict{Message: "should have been deleted on " + date(o.Until), Since: o.Until}
		if o.Error != "" {
			v.Message = "could not be deleted: " + o.Error
		}
		found = append(found, &inspected{Verdict: v, ref: o.Old, name: o.Name, fix: "credctl rotation resume " + o.ID})
	}
	return found
}

func stuckRotation(a *Auditor) (found []*inspected) {
	for _, o := range a.facts.Journal.Unfinished {
		if o.OnlyRetire || a.facts.Now.Sub(o.Updated) <= stuckAfter {
			continue
		}
		message := fmt.Sprintf("rotation %s has been %s since %s", o.ID, unfinishedState(o.State), date(o.Updated))
		if o.Error != "" {
			message += ": " + o.Error
		}
		found = append(found, &inspected{Verdict: Verdict{Message: message, Since: o.Updated}, ref: o.Old, id: o.ID, name: o.Name, fix: "credctl rotation resume " + o.ID})
	}
	return found
}

// unfinishedState is a state as the middle of a sentence.
func unfinishedState(s oplog.State) string {
	if s == oplog.Pending {
		return "pending"
	}
	return "unfinished (state: " + string(s) + ")"
}

func journalUnreadable(a *Auditor) (found []*inspected) {
	for _, d := range a.facts.Journal.Damaged {
		found = append(found, &inspected{Verdict: Verdict{Message: d.Err.Error()}, ref: d.Ref, id: d.ID})
	}
	return found
}

// exceptionExpired finds the exceptions that do not mute. One that matches nothing is
// judged only where what it is about was judged.
func exceptionExpired(a *Auditor) (found []*inspected) {
	if a.facts.Inventory == nil {
		return nil
	}
	for i := range a.facts.Inventory.Exceptions {
		e := &a.facts.Inventory.Exceptions[i]
		rule, _ := Find(e.Rule)
		one := &inspected{ref: e.Match.Ref, name: e.Match.Name, id: e.Rule + "|" + e.Match.ID + "|" + e.Match.Name, at: e.At}
		switch {
		case e.Ended(a.facts.Now):
			one.Message, one.Since = fmt.Sprintf("the exception for %s ended on %s", e.Rule, date(e.Until)), e.Until.AddDate(0, 0, 1)
			if e.used && !rule.Note {
				one.Score = rule.Score
			}
		case !e.used && a.judges(rule) && slices.Contains(a.judged, e.Match.Provider):
			one.Message = "the exception for " + e.Rule + " matches nothing"
		default:
			continue
		}
		found = append(found, one)
	}
	return found
}
