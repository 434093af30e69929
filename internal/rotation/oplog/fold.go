package oplog

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/credctl/credctl/internal/journal"
)

// Fold reads what an operation says.
func Fold(op *journal.Operation) (*OpState, error) {
	ref := op.Ref()
	s := &OpState{ID: op.ID, Subject: Subject{Provider: ref.Provider, Kind: ref.Kind, ID: ref.ID}, Reached: Intent}
	for _, e := range op.Entries {
		if err := s.Apply(e); err != nil {
			return s, fmt.Errorf("operation %s: entry %d is not one of this version of credctl: %w", op.ID, e.Seq, err)
		}
	}
	return s, op.Damaged
}

// Apply adds one entry.
func (s *OpState) Apply(e journal.Entry) error {
	ev, err := eventOf(e)
	if err != nil {
		return err
	}
	if ev.New == nil && (e.Step == StepIssued || e.Step == StepSecret) || ev.Old == nil && e.Step == StepIntent && ev.Subject != nil {
		return errors.New("its credential is missing")
	}
	if ev.Options != nil {
		s.SetOptions(*ev.Options)
	}
	for to, place := range ev.Places {
		setStamp(s, to, place)
	}
	stopped, trouble := s.Stopped, s.Error
	s.Stopped, s.Error = "", "" // something succeeded, unless the entry says otherwise
	switch e.Step {
	case StepIntent:
		if ev.Subject != nil {
			s.Subject, s.Strategy, s.Name, s.Old, s.Token = *ev.Subject, ev.Strategy, ev.Name, *ev.Old, ev.Token
		}
		s.Left = append(s.Left, ev.Left...)
		s.Snapshot, s.Unlisted = append(s.Snapshot, e.Snapshot...), s.Unlisted || ev.Unlisted
		s.Stamped = s.Stamped || ev.Stamped
		s.Asked, s.LastLost, s.Began, s.moved = true, false, e.Time, ""
		if !ev.From.IsZero() {
			s.Windows = append(s.Windows, Window{ev.From, ev.Until})
		}
	case StepIssued:
		s.Asked, s.Issued, s.Supplied, s.Found, s.Reached = false, true, false, "", Issued
		s.New = Settled(s.Strategy, *ev.New)
		s.New.ID = e.NewID
		s.New.Endpoint = cmp.Or(s.moved, s.New.Endpoint)
		for _, h := range ev.Held {
			deliveredTo(s, h)
			s.Held = append(s.Held, h.To)
		}
	case StepSecret:
		s.New.Key, s.Supplied = ev.New.Key, true
		s.StartOver()
	case StepLost:
		s.Lost, s.LastLost = true, true
	case StepClear:
		s.Asked, s.Lost, s.Killed = false, true, s.Killed || !s.LastLost
	case StepFound:
		s.Asked, s.Issued, s.Found, s.Reached = false, false, ev.ID, Intent
	case StepRevoking:
		s.Orphan = ev.ID
		s.Orphans = append(s.Orphans, ev.ID)
	case StepRevoked:
		s.Orphan = ""
	case StepRights:
		s.RightsChecked = true
		if ev.New != nil {
			s.New = Settled(s.Strategy, *ev.New)
		}
	case StepVerified:
		s.Verified, s.Reached = true, Verified
	case StepDelivering:
		s.Delivering, s.Untouched = append(s.Delivering, ev.To), without(s.Untouched, ev.To)
		reopen(s, ev.To)
	case StepDelivered:
		deliveredTo(s, Holding{To: ev.To, Proof: ev.Proof, At: e.Time.UTC().Truncate(time.Second), Stamp: ev.Stamp})
		if len(s.Undelivered()) == 0 {
			s.Reached = Delivered
		}
	case StepMissing:
		s.Miss(ev.To)
	case StepHooking:
		s.HookBegun = true
	case StepHooked:
		s.Hooked, s.HookBegun, s.Reached = true, s.HookBegun || !s.Options.Hook.IsZero(), Hooked
	case StepGrace:
		s.Until, s.Reached = ev.Until, Grace
	case StepRetiring:
		s.Retiring = true
	case StepRetired:
		s.Retired, s.GoneBefore, s.Reached = true, ev.How == GoneBefore, Retired
	case StepRestoring, StepRestored:
		restore(s, ev.To, e.Step == StepRestored, ev.Stamp)
	case StepAborting:
		s.Aborting = ev.Error
	case StepPending:
		s.Stopped, s.Error = Pending, ev.Error
	case StepUnknown:
		s.Stopped, s.Error = Unknown, ev.Error
		if len(ev.Unclear) > 0 {
			s.Doubted = ev.Unclear
		}
	case StepFailed:
		s.Stopped, s.Error, s.HookBegun = stopped, ev.Error, s.HookBegun || ev.At == "hook"
		if ev.To != "" && !slices.Contains(s.FailedTo, ev.To) {
			s.FailedTo = append(s.FailedTo, ev.To)
		}
		if ev.Untouched {
			s.Untouched, s.Delivering = append(s.Untouched, ev.To), without(s.Delivering, ev.To)
		}
		reopen(s, ev.To)
	case StepOptions:
		s.Stopped, s.Error = stopped, trouble
		if ev.Subject != nil {
			s.Adjust(ev.Subject.Adjustable, ev.Endpoint)
		}
	case journal.Done:
		s.Reached, s.Error = Done, ev.Error
	case journal.Aborted:
		s.Reached, s.Error, s.Remains = Aborted, ev.Error, ev.ID
	default:
		return fmt.Errorf("the step %q is unknown", e.Step)
	}
	return nil
}

// deliveredTo says that a destination has the secret.
func deliveredTo(s *OpState, h Holding) {
	s.Delivered, s.FailedTo = append(s.Delivered, h.To), without(s.FailedTo, h.To)
	s.Delivering, s.Outdated = without(s.Delivering, h.To), without(s.Outdated, h.To)
	delete(s.Restores, h.To)
	if h.Copy {
		s.Copies = append(s.Copies, h.To)
	}
	if h.Proof != "" {
		if s.Proofs == nil {
			s.Proofs, s.ProvedAt = map[string]string{}, map[string]time.Time{}
		}
		s.Proofs[h.To], s.ProvedAt[h.To] = h.Proof, h.At
	}
	if delete(s.Stamps, h.To); h.Stamp != "" {
		setStamp(s, h.To, h.Stamp)
	}
}

func setStamp(s *OpState, to, stamp string) {
	if s.Stamps == nil {
		s.Stamps = map[string]string{}
	}
	s.Stamps[to] = stamp
}

// Holdings returns the deliveries of s, without what was shown.
func Holdings(s *OpState) (all []Holding) {
	for _, to := range s.Delivered {
		if to != Shown {
			all = append(all, Holding{To: to, Proof: s.Proofs[to], At: s.ProvedAt[to], Stamp: s.Stamps[to], Copy: slices.Contains(s.Copies, to)})
		}
	}
	return all
}

// StartOver says that what was done with an earlier secret, or with earlier settings, counts
// no more. The destinations have what they received, or may.
func (s *OpState) StartOver() {
	for _, to := range slices.Concat(s.Delivered, s.Delivering, s.FailedTo) {
		if !slices.Contains(s.Untouched, to) {
			s.Outdated = append(s.Outdated, to)
		}
	}
	s.Verified, s.Delivered, s.Delivering, s.Hooked, s.Until, s.Reached = false, nil, nil, false, time.Time{}, Issued
}

// Miss says that a destination does not hold the new secret any more.
func (s *OpState) Miss(to string) {
	s.Delivered, s.Hooked, s.Reached = without(s.Delivered, to), false, Verified
}

// restore says that the old secret is, or will be, at a destination, which gets the new
// secret again if the operation is resumed.
func restore(s *OpState, to string, ended bool, stamp string) {
	had := slices.Contains(s.Delivered, to)
	if had { // the grace period begins again when the destination has the new secret again
		s.Miss(to)
		s.Until = time.Time{}
	}
	if s.Restores == nil {
		s.Restores = map[string]Restore{}
	}
	s.Restores[to] = Restore{Had: !ended && (had || s.Restores[to].Had), Ended: ended, Stamp: stamp}
	if ended {
		s.Delivering = without(s.Delivering, to)
	}
}

// reopen says that a destination may not have the old secret any more: after a restore, the
// new secret was written there, or will be.
func reopen(s *OpState, to string) {
	if r, restored := s.Restores[to]; restored {
		s.Restores[to] = Restore{Had: r.Had}
	}
}

// SetOptions changes the options. Another hook has not run yet, and another grace
// period is counted from when the first one began.
func (s *OpState) SetOptions(o Options) {
	if !s.Until.IsZero() {
		s.Until = s.Until.Add(o.Grace - s.Options.Grace)
	}
	s.Hooked = s.Hooked && o.Hook.Equal(s.Options.Hook)
	if o.SecretFile != "" {
		s.Copies = append(s.Copies, o.SecretFile)
	}
	s.Options = o
}

// Adjust changes the settings that a later run may change, and with them where the
// credentials are used. What was verified and delivered for another place counts no more.
func (s *OpState) Adjust(settings map[string]string, endpoint string) {
	s.Subject.Adjustable = settings
	if !s.Issued {
		s.Old.Endpoint, s.moved = endpoint, endpoint
	} else if s.New.Endpoint != endpoint {
		until := s.Until // the grace period stays as it is
		s.StartOver()
		s.Old.Endpoint, s.New.Endpoint, s.Until = endpoint, endpoint, until
	}
}

func without(all []string, one string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return s == one })
}
