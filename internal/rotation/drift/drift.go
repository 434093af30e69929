// Package drift tells whether destinations still hold the secrets that were delivered to
// them. It changes nothing, there or in the journal.
package drift

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// A Checker looks at destinations.
type Checker struct {
	Journal *journal.Store

	// Destination opens a destination of a subject.
	Destination func(spec string, s oplog.Subject, insecurePerms bool) (deliver.Destination, error)
}

// Of returns the operation that delivered the credential in force, of which id is an
// earlier or the present ID, or that of an operation. One whose credential was delivered
// nowhere is [provider.ErrNotFound].
func (c Checker) Of(id string) (*journal.Operation, error) {
	index, err := c.Journal.Index()
	if err != nil {
		return nil, err
	}
	op, err := index.Find(id)
	if err != nil {
		return nil, err
	}
	if op != nil {
		if op, err = c.inForce(index, op); err != nil {
			return nil, err
		}
	}
	if op == nil {
		return nil, provider.WithClass(provider.ErrNotFound, fmt.Errorf("credctl knows of no destination of %s", id))
	}
	return op, nil
}

// All returns the operations that delivered credentials in force, the oldest first.
func (c Checker) All() ([]*journal.Operation, error) {
	index, err := c.Journal.Index()
	if err != nil {
		return nil, err
	}
	all, err := oplog.List(c.Journal, true)
	if err != nil {
		return nil, err
	}
	var ops []*journal.Operation
	for _, s := range all {
		if s.State == oplog.Aborted || len(s.Destinations) == 0 {
			continue
		}
		op, err := c.Journal.Load(s.Operation)
		if err != nil {
			return nil, err
		}
		last, err := c.inForce(index, op)
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
func (c Checker) inForce(index journal.Index, op *journal.Operation) (*journal.Operation, error) {
	s, err := oplog.Fold(op)
	if err != nil {
		return nil, err
	}
	current, err := index.Current(op.Ref().With(s.CurrentID()))
	if err != nil {
		return nil, err
	}
	for _, o := range index.UnfinishedOf(current) {
		if o.Ref() != current {
			continue
		}
		if s, err = oplog.Fold(o); err != nil {
			return nil, err
		}
		if s.Reached == oplog.Grace { // then its new credential is in use
			current = current.With(s.New.ID)
			break
		}
	}
	last, err := oplog.InForce(c.Journal, index, current)
	if err != nil || last == nil {
		return nil, err
	}
	if s, err = oplog.Fold(last); err != nil || len(delivered(s)) == 0 {
		return nil, err
	}
	return last, nil
}

// delivered returns the destinations that have received the secret.
func delivered(s *oplog.OpState) []string {
	return slices.DeleteFunc(slices.Clone(s.Delivered), func(to string) bool { return to == oplog.Shown })
}

// Check returns the status of an operation, and says of each destination that received
// the secret whether it holds something else now. The error names the destinations of
// which that could not be read.
func (c Checker) Check(ctx context.Context, op *journal.Operation) (oplog.Status, error) {
	index, err := c.Journal.Index()
	if err != nil {
		return oplog.Status{}, err
	}
	status, err := oplog.StatusOf(index, op)
	if err != nil {
		return status, err
	}
	s, err := oplog.Fold(op)
	if err != nil {
		return status, err
	}
	taken, err := takenOver(index, s)
	if err != nil {
		return status, err
	}
	var errs []error
	for i, d := range status.Destinations {
		if d.State != oplog.Delivered || slices.Contains(taken, d.To) {
			continue
		}
		at, err := c.Destination(d.To, s.Subject, s.Options.InsecurePerms)
		if err == nil {
			status.Destinations[i].Drift, err = place{at, d.To, op, s, c.Journal}.drift(ctx)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("could not check %w", err))
		}
	}
	return status, errors.Join(errs...)
}

// takenOver returns the destinations that hold, or may, what a later operation has
// issued, which has not ended.
func takenOver(index journal.Index, s *oplog.OpState) (taken []string, err error) {
	for _, o := range index.UnfinishedOf(s.Subject.Ref().With(s.New.ID)) {
		later, err := oplog.Fold(o)
		if err != nil {
			return nil, err
		}
		if o.ID != s.ID && later.Issued {
			taken = append(taken, later.Written()...)
		}
	}
	return taken, nil
}
