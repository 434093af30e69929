package journal

import (
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/journal/entry"
	"github.com/credctl/credctl/internal/provider"
)

// Append adds one entry. When it returns, the entry is durable; when it fails,
// there is no such entry, or half of it, which reading ignores. Where another process
// has continued the operation, Append changes nothing, and its error is of class
// [provider.ErrLocked].
//
// What the vendor has answered is kept on this machine where it cannot be added: see
// [ErrKept].
func (o *Operation) Append(e Entry) error {
	if o.Damaged != nil {
		return o.Damaged
	}
	err := o.add(e)
	if errors.Is(err, backend.ErrConflict) { // or the journal has lost entries
		if err = o.Unchanged(); err == nil {
			err = o.add(e)
		}
	}
	if err != nil {
		err = o.keep(e, o.conflict(err))
	}
	return err
}

// add adds an entry after those of o.
func (o *Operation) add(e Entry) error {
	line, err := o.encode(&e)
	if err != nil {
		return err
	}
	f, err := o.file()
	if err != nil {
		return err
	}
	a := backend.Addition{After: o.mac(), Line: line}
	f.Entries = append(slices.Clip(o.Entries), e)
	if o.headed {
		a.Head = f.Head()
	}
	if err := o.store.backend.Append(o.ID, a); err != nil {
		return named(err)
	}
	o.Entries = f.Entries
	return nil
}

// mac returns the MAC of the last entry.
func (o *Operation) mac() string {
	if len(o.Entries) == 0 {
		return ""
	}
	return o.Last().MAC
}

// Unchanged returns an error of class [provider.ErrLocked] if the journal has other
// entries of the operation than o: another process works on it, although o's process
// took the lock. That happens where lock files were deleted, or do not lock.
//
// Entries that the journal has lost, as a database does that is restored to a backup, are
// added again.
func (o *Operation) Unchanged() error {
	now, err := o.store.Load(o.ID)
	lost := errors.Is(err, provider.ErrNotFound) || err == nil && now.Damaged == nil && len(now.Entries) < len(o.Entries)
	switch {
	case lost && o.store.backend.Spool() != nil:
		now, err = o.putBack()
		if err == nil && now.mac() != o.mac() {
			err = backend.ErrConflict
		}
		return o.conflict(err)
	case err != nil:
		return err
	case now.Damaged != nil:
		return now.Damaged
	case !now.same(o):
		return o.conflict(backend.ErrConflict)
	}
	return nil
}

// same reports whether two readings of an operation have the same entries, whatever was
// dropped from them.
func (o *Operation) same(as *Operation) bool {
	return slices.EqualFunc(o.Entries, as.Entries, entry.Same)
}

// conflict is err, in words where it is [backend.ErrConflict].
func (o *Operation) conflict(err error) error {
	if !errors.Is(err, backend.ErrConflict) {
		return err
	}
	return provider.Hint(provider.WithClass(provider.ErrLocked, fmt.Errorf("stopped rotation %s: another process is working on it", o.ID)),
		"wait until that process has ended, then run: credctl rotation resume %s", o.ID)
}

// Wipe takes the secrets and the snapshots out of the operation, in one step. What
// happened, and which credential followed which, stays.
func (o *Operation) Wipe() error {
	return o.drop(func(e *Entry) { e.Sealed, e.Snapshot = "", nil })
}

// Settle takes the snapshots and the space for more entries out of an operation that
// needs them no more. The caller has the lock of the credential.
func (o *Operation) Settle() error {
	return o.drop(func(e *Entry) { e.Snapshot = nil })
}

// Settled reports whether there is nothing for Settle to do.
func (o *Operation) Settled() bool {
	return !o.spare && !slices.ContainsFunc(o.Entries, func(e Entry) bool { return e.Snapshot != nil })
}

// drop writes the operation again, with what change leaves of its entries. Another
// process may have done so meanwhile.
func (o *Operation) drop(change func(*Entry)) error {
	if o.Damaged != nil {
		return o.Damaged
	}
	err := o.rewrite(change)
	if !errors.Is(err, backend.ErrConflict) {
		return err
	}
	now, err := o.store.Load(o.ID)
	switch {
	case err != nil:
		return err
	case now.Damaged != nil:
		return now.Damaged
	case !now.same(o):
		return o.conflict(backend.ErrConflict)
	}
	o.Entries, o.spare = now.Entries, now.spare
	if dropped(o.Entries, change) {
		return nil
	}
	return o.conflict(o.rewrite(change))
}

// dropped reports whether change leaves entries as they are.
func dropped(entries []Entry, change func(*Entry)) bool {
	return !slices.ContainsFunc(entries, func(e Entry) bool {
		was := e
		change(&e)
		return e.Sealed != was.Sealed || len(e.Snapshot) != len(was.Snapshot)
	})
}

func (o *Operation) rewrite(change func(*Entry)) error {
	f, text, err := o.text(o.Entries, change)
	if err != nil {
		return err
	}
	if err := o.store.backend.Replace(o.ID, o.mac(), text); err != nil {
		return named(err)
	}
	o.Entries, o.spare = f.Entries, false
	return nil
}
