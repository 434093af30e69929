// Package locks names the locks of operations: whoever changes one holds all of them.
package locks

import (
	"context"
	"time"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// Create names the lock of commands that create a credential with this name. The
// credential has no ID yet that could be locked.
func Create(kind journal.Ref, name string) string { return "create " + kind.String() + name }

// Of names the locks of an operation, in the order in which they are taken: that of the
// command that creates its credential, and that of the first credential of its chain, which
// root finds.
func Of(op *journal.Operation, root func(journal.Ref) (journal.Ref, error)) (names []string, err error) {
	of := op.Ref()
	s, _ := oplog.Fold(op) // what can be read of it
	if s.Strategy == oplog.Create {
		names = append(names, Create(of, s.Name))
	}
	if of.ID == "" { // it has created a credential, or delivers one
		of = of.With(op.NewID())
	}
	if of.ID == "" && len(names) > 0 { // it has created none yet
		return names, nil
	}
	first, err := root(of)
	return append(names, first.String()), err
}

// OfCredential names the locks of a credential that is rotated or delivered: those of
// commands that have not finished creating it, and that of the first one of its chain.
func OfCredential(x journal.Index, r journal.Ref) (names []string, err error) {
	for _, o := range x.UnfinishedOf(r) {
		if s, _ := oplog.Fold(o); s.Strategy == oplog.Create {
			names = append(names, Create(o.Ref(), s.Name))
		}
	}
	first, err := x.Root(r)
	return append(names, first.String()), err
}

// Take takes locks. It returns a context that ends when one of them is lost.
func Take(ctx context.Context, store *journal.Store, names []string, timeout time.Duration) (held context.Context, release func(), err error) {
	held, release = ctx, func() {}
	for _, name := range names {
		before := release
		within, last, err := store.Lock(held, name, timeout)
		if err != nil {
			before()
			return ctx, func() {}, err
		}
		held, release = within, func() { last(); before() }
	}
	return held, release, nil
}
