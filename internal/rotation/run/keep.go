package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// keep records what was issued, before anything else can fail. issuing is the error
// that came with it.
func keep(ctx context.Context, r *Run, c provider.Credential, issuing error) error {
	s := r.Op
	if s.Strategy == oplog.Generate {
		c.ID = s.Subject.ID
	}
	err := record(r, c, issuing)
	r.Secret = c.Secret
	if err != nil {
		return onJournalFailure(ctx, r, c, err)
	}
	r.Say(map[bool]string{true: "Replaced the secret of %s", false: "Created %s"}[c.ID == s.Subject.ID], c.ID)
	if issuing == nil && s.Strategy == oplog.Rotate && c.ID != s.Subject.ID && c.Secret.IsZero() {
		issuing = fmt.Errorf("%s replaced %s, but the vendor's answer has no secret", c.ID, s.Subject.ID)
	}
	if issuing == nil || s.Strategy == oplog.Replace && c.Secret.IsZero() && errors.Is(issuing, provider.ErrUnknown) {
		return nil // a secret whose answer was lost can be generated again
	}
	return halfIssued(r, issuing)
}

// record records a credential in the journal, with its secret where that is known.
func record(r *Run, c provider.Credential, issuing error) error {
	s := r.Op
	if c.Name == "" || c.Name == s.Stamp() { // it gets its final name with its permissions
		c.Name = s.Name
	}
	c.Kind, c.Provider = s.Subject.Kind, s.Subject.Provider
	r.Changed = true
	ev := oplog.Event{New: oplog.Bare(c)}
	if issuing != nil {
		ev.Error = provider.Text(issuing)
	}
	return r.Append(oplog.StepIssued, ev, func(e *journal.Entry) {
		e.NewID = c.ID
		if !c.Secret.IsZero() {
			e.Secrets = map[string]provider.Secret{journal.NewSecret: c.Secret}
		}
	})
}

// halfIssued says what an error that came with a credential means.
func halfIssued(r *Run, err error) error {
	switch {
	case r.Op.Strategy == oplog.Replace, !r.Secret.IsZero():
	case r.Op.New.ID == r.Op.Subject.ID: // it cannot be undone; a further run is another rotation
		return errors.Join(err, r.End(journal.Done, oplog.Event{Error: provider.Text(err)}))
	default:
		if aerr := r.Append(oplog.StepFound, oplog.Event{ID: r.Op.New.ID}); aerr != nil {
			return errors.Join(err, aerr)
		}
		err = provider.Hint(err, "the old secret has stopped working, and the secret of %s was lost; to rotate that one: credctl rotation resume %s", r.Op.New.ID, r.Op.ID)
	}
	switch {
	case r.Op.Strategy == oplog.Replace && errors.Is(err, provider.ErrVerify): // it must not be used as it is
		return provider.Hint(err, "to discard it: credctl rotation abort %s", r.Op.ID)
	case r.Op.Strategy == oplog.Replace && r.Secret.IsZero():
		err = provider.Hint(err, "to continue: credctl rotation resume %s; to discard it: credctl rotation abort %[1]s", r.Op.ID)
	}
	return provider.Reclassify(provider.ErrPartial, err)
}

// abandon ends an operation in which nothing was issued.
func abandon(r *Run, err error) error {
	if r.Op.Found != "" || r.Op.Strategy.InPlace() && r.Op.Lost { // the old secret may have stopped working: the operation stays open
		return err
	}
	return errors.Join(err, r.End(journal.Aborted, oplog.Event{Error: provider.Text(err)}))
}

// onJournalFailure deals with a new credential that could not be recorded: it is revoked
// where the old credential still works, and delivered at once otherwise, unless the next run
// has it. Where another run has continued, nothing more is changed.
func onJournalFailure(ctx context.Context, r *Run, c provider.Credential, err error) error {
	if errors.Is(err, journal.ErrKept) {
		return err
	}
	r.Op.New, r.Op.Issued = oplog.Settled(r.Op.Strategy, c), true
	if r.Op.Strategy.InPlace() {
		return deliverAtOnce(ctx, r, fmt.Errorf("%s was issued, but could not be recorded in the journal: %w", c.ID, err))
	}
	if errors.Is(err, provider.ErrLocked) {
		return fmt.Errorf("%s was created, but could not be recorded in the journal: %w", c.ID, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	derr := r.Service.(provider.Deleter).Delete(ctx, c.ID)
	if derr == nil || Gone(derr) {
		r.Op.New, r.Secret, r.Op.Reached = provider.Credential{}, provider.Secret{}, oplog.Aborted
		return fmt.Errorf("revoked the new credential %s, because it could not be recorded in the journal: %w", c.ID, err)
	}
	return provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s was created, but could neither be recorded in the journal (%w) nor revoked: %w", c.ID, err, derr)),
		"delete it with `credctl %s delete %s`, then run the same command again", r.Op.Subject.Provider, c.ID)
}

// deliverAtOnce delivers a secret that replaced the old credential and could not be recorded,
// unless another run has continued. What does not reach all destinations is saved to a
// recovery file.
func deliverAtOnce(ctx context.Context, r *Run, err error) error {
	class, todo := provider.ErrPartial, r.Op.Undelivered()
	if errors.Is(err, provider.ErrLocked) {
		class, todo = provider.ErrLocked, nil
	}
	if r.Secret.IsZero() {
		return provider.Reclassify(class, err)
	}
	var where []string
	problems := []error{err}
	for _, to := range todo {
		if err := r.Deliver(ctx, to); err != nil {
			problems = append(problems, err)
		} else {
			where = append(where, map[bool]string{true: "you", false: to}[to == oplog.Shown])
		}
	}
	if len(where) < max(len(todo), 1) && r.Keep != nil {
		path, err := r.Keep(r.Credential())
		if problems = append(problems, err); err == nil {
			where = append(where, path)
		}
	}
	err = provider.Reclassify(class, errors.Join(problems...))
	if len(where) == 0 {
		return provider.Hint(err, "its secret was lost; after fixing the error, run the same command again")
	}
	return provider.Hint(err, "its secret was delivered to %s only", strings.Join(where, ", "))
}
