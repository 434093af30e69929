// Package transfer copies a journal to another place.
package transfer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/backend"
	"github.com/credctl/credctl/internal/journal/entry"
	"github.com/credctl/credctl/internal/journal/seal"
	"github.com/credctl/credctl/internal/provider"
)

// Counts say what a journal has, or what was copied of it.
type Counts struct{ Operations, Records, Sightings, Events int }

// A transfer copies one journal.
type transfer struct {
	from, to       *journal.Store
	fromKey, toKey *seal.Key
	same           bool // what one key has sealed and signed is the other's too
	copied         Counts
}

// Copy adds to a journal what another has and it has not, and returns what it has added:
// after an interruption it can be repeated. No run can continue an operation meanwhile. Of
// an operation that both have, the one with more entries counts. Copy refuses two unfinished
// operations of one credential, and different entries of one operation.
//
// Where the journals have different identities, secrets are encrypted again. Fingerprints
// of secrets cannot be, and tell nothing in the other journal.
func Copy(ctx context.Context, to, from *journal.Store) (Counts, error) {
	t := &transfer{from: from, to: to}
	var err error
	if t.fromKey, err = from.Key(); err != nil {
		return Counts{}, err
	}
	if t.toKey, err = to.Key(); err != nil {
		return Counts{}, err
	}
	t.same = t.fromKey.Recipient() == t.toKey.Recipient() && t.fromKey.Link("", "", nil) == t.toKey.Link("", "", nil)
	release, err := t.lock(ctx)
	if err != nil {
		return Counts{}, err
	}
	defer release()
	for _, step := range []func(context.Context) error{t.operations, t.records, t.sightings, t.events} {
		if err := step(ctx); err != nil {
			return t.copied, err
		}
	}
	return t.copied, nil
}

// lock takes the locks of all credentials with an unfinished operation, and refuses what
// the other journal has begun by itself.
func (t *transfer) lock(ctx context.Context) (release func(), err error) {
	var releases []func()
	release = func() {
		for _, r := range releases {
			r()
		}
	}
	theirs, err := t.to.Index()
	if err != nil {
		return nil, err
	}
	ours, err := t.from.Index()
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, o := range ours.Unfinished() {
		if o.Damaged != nil {
			problems = append(problems, o.Damaged)
			continue
		}
		for _, other := range theirs.UnfinishedOf(o.Ref()) {
			if other.ID != o.ID && o.Ref().ID != "" {
				problems = append(problems, provider.WithClass(provider.ErrConflict, fmt.Errorf("both journals have an unfinished rotation of %s: %s and %s", o.Ref().ID, o.ID, other.ID)))
			}
		}
		root, rerr := ours.Root(o.Ref())
		if rerr != nil {
			problems = append(problems, rerr)
			continue
		}
		_, r, lerr := t.from.Lock(ctx, root.String(), 0)
		if lerr != nil {
			problems = append(problems, lerr)
			continue
		}
		releases = append(releases, r)
	}
	if err := errors.Join(problems...); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// operations copies the entries of all operations.
func (t *transfer) operations(ctx context.Context) error {
	ids, err := t.from.Backend().Finished()
	if err != nil {
		return err
	}
	live, err := t.from.Backend().Live()
	if err != nil {
		return err
	}
	for _, v := range live {
		ids = append(ids, v.ID)
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.operation(id); err != nil {
			return err
		}
	}
	_, err = t.to.Index() // what has ended is moved
	return err
}

func (t *transfer) operation(id string) error {
	texts, err := t.from.Backend().Read(id)
	if err != nil || len(texts) == 0 {
		return err
	}
	f := entry.File{Key: t.fromKey, Operation: id}
	f.Parse(texts[0].Lines)
	if f.Damage != "" {
		return provider.Hint(provider.WithClass(provider.ErrRefused, fmt.Errorf("operation %s: %s", id, f.Damage)), "%s", t.from.Backend().Remedy(id))
	}
	there, err := t.to.Backend().Read(id)
	if err != nil {
		return err
	}
	var other entry.File
	if len(there) > 0 {
		other.Parse(there[0].Lines)
		if begins(other.Entries, f.Entries) {
			return nil
		}
		if !begins(f.Entries, other.Entries) {
			return provider.WithClass(provider.ErrConflict, fmt.Errorf("the journals have different entries of rotation %s", id))
		}
	}
	text, err := t.text(&f)
	if err != nil {
		return err
	}
	if len(there) > 0 { // it went on
		err = t.to.Backend().Replace(id, other.Last(), text)
	} else {
		err = t.to.Backend().Create(id, text)
	}
	if len(there) == 0 && errors.Is(err, backend.ErrConflict) { // it was pruned, or set aside there
		return nil
	}
	if err == nil {
		t.copied.Operations++
	}
	return err
}

// begins reports whether an operation has these entries, and perhaps more.
func begins(all, first []entry.Entry) bool {
	return len(first) <= len(all) && slices.EqualFunc(all[:len(first)], first, func(a, b entry.Entry) bool { return a.Step == b.Step && a.Time.Equal(b.Time) })
}

// text returns an operation as the other journal has it.
func (t *transfer) text(f *entry.File) ([]byte, error) {
	_, lines, err := f.Rewrite(t.toKey, func(e *entry.Entry) error {
		if t.same {
			return nil
		}
		return e.Reseal(t.fromKey, t.toKey)
	})
	if err != nil {
		err = fmt.Errorf("operation %s: %w", f.Operation, err)
	}
	return lines, err
}
