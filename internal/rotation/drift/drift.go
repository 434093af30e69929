// Package drift tells whether destinations still hold the secrets that were delivered to
// them. It changes nothing, there or in the journal.
package drift

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/host"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// A Checker looks at destinations.
type Checker struct {
	Journal *journal.Store
	Index   journal.Index // of Journal

	// Destination opens a destination of a subject.
	Destination func(spec string, s oplog.Subject, insecurePerms bool) (deliver.Destination, error)

	// Among, if it is not nil, are the only destinations that are looked at.
	Among []string
}

// Of returns the operation that delivered the credential in force, of which id is an
// earlier or the present ID, or that of an operation. One whose credential was delivered
// nowhere is [provider.ErrNotFound]; what destinations of an unfinished operation hold is
// not known before it is continued or undone, which is [provider.ErrPartial].
func (c Checker) Of(id string) (*journal.Operation, error) {
	found, err := c.Index.Find(id)
	if err != nil {
		return nil, err
	}
	var op *journal.Operation
	if found != nil {
		if op, err = c.inForce(found); err != nil {
			return nil, err
		}
	}
	if op == nil && found != nil {
		if err := unfinished(found, id); err != nil {
			return nil, err
		}
	}
	if op == nil {
		return nil, provider.WithClass(provider.ErrNotFound, fmt.Errorf("credctl knows of no destination of %s", id))
	}
	return op, exists(c.Journal, op.Ref().With(op.NewID()))
}

// unfinished is the error of an operation that may have written to a destination, and has
// not ended.
func unfinished(op *journal.Operation, id string) error {
	s, err := oplog.Fold(op)
	if err != nil || s.Final() || !slices.ContainsFunc(s.Written(), func(to string) bool { return to != oplog.Shown }) {
		return err
	}
	return provider.Hint(provider.WithClass(provider.ErrPartial, fmt.Errorf("cannot check the destinations of %s: rotation %s is not finished", id, op.ID)),
		"to continue: credctl rotation resume %s; to undo it: credctl rotation abort %[1]s", op.ID)
}

// All returns the operations that delivered credentials in force, the oldest first. What
// credctl has deleted is in force no more.
func (c Checker) All() ([]*journal.Operation, error) {
	all, err := oplog.List(c.Journal, true)
	if err != nil {
		return nil, err
	}
	gone, err := deletions(c.Journal)
	if err != nil {
		return nil, err
	}
	var ops []*journal.Operation
	for _, s := range all {
		_, deleted := gone[journal.Ref{Provider: s.Provider, Kind: s.Kind, ID: s.ID}]
		if deleted || s.State == oplog.Aborted || len(s.Destinations) == 0 && !s.LeavesOut {
			continue
		}
		op, err := c.Journal.Load(s.Operation)
		if err != nil {
			return nil, err
		}
		last, err := c.inForce(op)
		if err != nil {
			return nil, err
		}
		if last != nil && last.ID == op.ID {
			ops = append(ops, op)
		}
	}
	return ops, nil
}

// inForce returns the operation that issued what is in force now of the chain of op, if
// that was delivered somewhere; else nil.
func (c Checker) inForce(op *journal.Operation) (*journal.Operation, error) {
	s, err := oplog.Fold(op)
	if err != nil {
		return nil, err
	}
	current, err := c.Index.Current(op.Ref().With(s.CurrentID()))
	if err != nil {
		return nil, err
	}
	return c.Delivered(current)
}

// Delivered returns the operation that delivered r, or what is to replace it and is in
// use already; nil where nothing was delivered.
func (c Checker) Delivered(r journal.Ref) (*journal.Operation, error) {
	for _, o := range c.Index.UnfinishedOf(r) {
		if o.Ref() != r {
			continue
		}
		s, err := oplog.Fold(o)
		if err != nil {
			return nil, err
		}
		if s.Reached == oplog.Grace { // then its new credential is in use
			r = r.With(s.New.ID)
			break
		}
	}
	last, err := oplog.InForce(c.Journal, c.Index, r)
	if err != nil || last == nil {
		return nil, err
	}
	if s, err := oplog.Fold(last); err != nil || len(oplog.Holdings(s))+len(s.Left) == 0 {
		return nil, err
	}
	return last, nil
}

// Delivers reports whether op has delivered this secret.
func (c Checker) Delivers(op *journal.Operation, secret provider.Secret) (bool, error) {
	print, err := c.Journal.Print(secret)
	return err == nil && print == printOf(op, op.NewID()), err
}

// Holder returns the secret that op has delivered, from a destination that still holds
// it; the zero Secret where none does.
func (c Checker) Holder(ctx context.Context, op *journal.Operation) (secret provider.Secret, key string, err error) {
	s, err := oplog.Fold(op)
	if err != nil {
		return secret, "", err
	}
	for _, held := range oplog.Holdings(s) {
		at, err := c.open(held.To, op, s)
		if err != nil { // it was written under another configuration
			continue
		}
		key, secret, err := at.Current(ctx)
		if err != nil || secret.IsZero() {
			continue
		}
		if same, err := c.Delivers(op, secret); same || err != nil {
			return secret, key, err
		}
	}
	return secret, "", nil
}

// open opens a destination of s, and keeps it to where the journal says that it is.
func (c Checker) open(to string, op *journal.Operation, s *oplog.OpState) (deliver.Destination, error) {
	d, err := c.Destination(to, s.Subject, s.Options.InsecurePerms)
	Bind(d, s.Stamps[to], func(ctx context.Context, d deliver.Destination) bool {
		drift, err := place{d, to, op, s, c.Journal}.drift(ctx)
		return err == nil && drift != nil && !*drift
	})
	return d, err
}

// Moved returns errors of those of the destinations to which op has delivered, and which are
// other places here, as files are on another host.
func (c Checker) Moved(ctx context.Context, op *journal.Operation, to []string) (moved []error, err error) {
	s, err := oplog.Fold(op)
	if err != nil {
		return nil, err
	}
	for _, h := range oplog.Holdings(s) {
		if !slices.Contains(to, h.To) {
			continue
		}
		d, err := c.open(h.To, op, s)
		if err == nil {
			_, _, err = d.Current(ctx)
		}
		if errors.Is(err, host.ErrOther) {
			moved = append(moved, err)
		}
	}
	return moved, nil
}

// Check returns the status of an operation, and says of each destination that received
// the secret whether it holds something else now. The error names the destinations of
// which that could not be read.
func (c Checker) Check(ctx context.Context, op *journal.Operation) (oplog.Status, error) {
	status, err := oplog.StatusOf(c.Index, op)
	if err != nil {
		return status, err
	}
	s, err := oplog.Fold(op)
	if err != nil {
		return status, err
	}
	taken, err := takenOver(c.Index, s)
	if err != nil {
		return status, err
	}
	var errs []error
	for i, d := range status.Destinations {
		if d.State != oplog.Delivered || slices.Contains(taken, d.To) || c.Among != nil && !slices.Contains(c.Among, d.To) {
			continue
		}
		at, err := c.open(d.To, op, s)
		found := &status.Destinations[i]
		if err == nil {
			found.Drift, err = place{at, d.To, op, s, c.Journal}.drift(ctx)
		}
		if err == nil && found.Drift != nil && *found.Drift {
			err = c.takenFor(ctx, at, s, found)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("could not check %w", err))
		}
	}
	for _, h := range s.Left {
		if slices.Contains(s.Options.To, h.To) || c.Among != nil && !slices.Contains(c.Among, h.To) {
			continue
		}
		old, err := c.holdsOld(ctx, op, s, h)
		if err != nil {
			errs = append(errs, fmt.Errorf("could not check %w", err))
		}
		if err != nil || old == nil || *old {
			status.Destinations = append(status.Destinations, oplog.DeliveryState{To: h.To, State: oplog.Delivered, Proof: h.Proof, ProvedAt: h.At, Drift: old, LeftOut: true})
		}
	}
	return status, errors.Join(errs...)
}
