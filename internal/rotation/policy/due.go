package policy

import (
	"context"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/duration"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// An item is one credential that an entry of a policy is about.
type item struct {
	Entry

	service   provider.Service
	input     provider.Input
	cred      provider.Credential
	open      *journal.Operation // unfinished
	age       rotation.Age
	reason    rotation.Reason
	why       string // the reason, in words
	last      bool   // credctl authenticates with it, or may
	duplicate bool   // another entry is about it already
	unread    bool   // its age is told, if at all, only by reading it alone
	err       error
}

// GraceEnded is the message of a result whose old credential was only kept for its
// grace period.
const GraceEnded = "the grace period has ended"

// InGrace is the message of a result whose old credential is kept for its grace period.
const InGrace = "in the grace period"

// judge finds out whether there is something to do for an item, as far as the journal
// and what was listed tell.
func (j *job) judge(ctx context.Context, it *item) error {
	var err error
	if it.open, err = oplog.Unfinished(j.index, it.Ref()); err != nil {
		return err
	}
	if it.open == nil { // only the deletion of the old credential may be missing
		for _, o := range j.index.UnfinishedOf(it.Ref()) {
			if o.Ref().ID != "" { // else it creates or delivers the credential
				it.open = o
			}
		}
	}
	owner, err := j.signer(ctx, it.Subject)
	if err != nil {
		return err
	}
	it.last = it.Self || owner == it.Ref()
	if it.open != nil {
		it.ID = it.open.Ref().ID
		s, err := j.folded.of(it.open)
		it.reason, it.why = oplog.ReasonResumed, "rotation "+it.open.ID+" was unfinished"
		switch {
		case err != nil:
			return err
		case s.Error != "":
			it.why += ": " + s.Error
		case s.OnlyRetireLeft() && j.engine.Time().Before(s.Until):
			it.reason, it.why = oplog.ReasonGrace, InGrace
		case s.OnlyRetireLeft():
			it.why = GraceEnded
		}
		if issued := it.open.Past().Issued; s.OnlyRetireLeft() && !issued.IsZero() { // when the new credential is due
			it.age.DueAt = issued.Add(it.MaxAge - it.Grace).UTC().Truncate(time.Second)
		}
		return nil
	}
	if it.unread = it.cred.Created.IsZero(); it.unread {
		return nil
	}
	return j.weigh(it)
}

// signer returns the credential that credctl authenticates with in the account of s, as
// far as the journal tells; looking for it takes longer the more rotations are unfinished.
func (j *job) signer(ctx context.Context, s rotation.Subject) (journal.Ref, error) {
	account := fmt.Sprint(s.Provider, "\x00", s.Kind, "\x00", s.Profile, "\x00", s.Settings)
	if owner, known := j.signers[account]; known {
		return owner, nil
	}
	owner, known, err := j.engine.Signer().Owner(ctx, s)
	if err != nil {
		return owner, err
	}
	if !known {
		owner = journal.Ref{}
	}
	if j.signers == nil {
		j.signers = map[string]journal.Ref{}
	}
	j.signers[account] = owner
	return owner, nil
}

// weigh compares the age of an item with its policy.
func (j *job) weigh(it *item) error {
	if !it.cred.Live() {
		return provider.Hint(provider.Usage("%s is %s, and the journal has no replacement for it", it.ID, ended(it.cred)),
			"create a credential, and put its ID into the policy")
	}
	start, err := j.ageStart(it)
	if err != nil {
		return err
	}
	now := j.engine.Time()
	if start.After(now.AddDate(10, 0, 0)) {
		err := fmt.Errorf("could not tell the age of %s: its date is %s, more than ten years from now", it.ID, start.UTC().Format(time.RFC3339))
		return provider.Hint(provider.Reclassify(provider.ErrVerify, err), "check the clock of this machine, which says %s, and the date of %s at the vendor", now.UTC().Format(time.RFC3339), it.ID)
	}
	it.setAge(now, start)
	return nil
}

// ended is the word for a credential that does not work any more.
func ended(c provider.Credential) string {
	if c.Revoked {
		return "revoked"
	}
	return "expired"
}

// setAge compares the age of a secret that is in use since start with the policy.
func (it *item) setAge(now, start time.Time) {
	age, limit := max(0, now.Sub(start)), it.MaxAge-it.Grace
	seconds := int64(age / time.Second)
	it.age = rotation.Age{Due: age >= limit, DueAt: start.Add(limit).UTC().Truncate(time.Second), Seconds: &seconds}
	it.reason = oplog.ReasonNotDue
	if it.age.Due {
		it.reason = oplog.ReasonDue
	}
	it.why = fmt.Sprintf("%s old, due at %s", duration.Age(age), duration.Format(limit))
	if it.Grace > 0 {
		it.why += fmt.Sprintf(" (max_age %s minus grace %s)", duration.Format(it.MaxAge), duration.Format(it.Grace))
	}
	if it.cred.Created.IsZero() {
		it.why += " (age counted since credctl first saw it)"
	}
}

// ageStart returns since when the secret of an item is in use: since the last rotation
// in place, since it was created, or else since it was first seen. A time of the
// journal that has not come yet, because a clock was wrong, does not count.
func (j *job) ageStart(it *item) (time.Time, error) {
	start, now := it.cred.Created, j.engine.Time()
	made, known, err := j.index.Made(it.Ref())
	if err != nil {
		return start, err
	}
	if known && !j.DryRun {
		tellFuture(j, it.Ref(), made.Ended)
	}
	if known && made.Ended.After(start) {
		at := made.Issued
		if at.IsZero() || at.After(made.Ended) { // by a clock that was set right since
			at = made.Ended
		}
		if !at.After(now) || start.IsZero() {
			start = at
		}
	}
	if !start.IsZero() {
		return start, nil
	}
	if first, err := j.seen.First(it.Ref()); err != nil || !first.IsZero() {
		return first, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.unseen = append(j.unseen, it.Ref())
	return now, nil
}
