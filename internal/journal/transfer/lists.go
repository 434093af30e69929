package transfer

import (
	"context"
	"errors"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/finished"
	"github.com/credctl/credctl/internal/journal/seal"
	"github.com/credctl/credctl/internal/journal/sighting"
	"github.com/credctl/credctl/internal/journal/trail"
	"github.com/credctl/credctl/internal/provider"
)

// archive returns the records of a journal.
func archive(s *journal.Store, k *seal.Key) *finished.Archive {
	return finished.Open(s.Backend(), finished.Config{
		Load: func(id string) (journal.Past, bool, error) {
			o, err := s.Load(id)
			if err != nil || o.Damaged != nil || !o.Final() {
				return journal.Past{}, false, err
			}
			return o.Past(), true, nil
		},
		Sign: func(line []byte) (string, error) { return k.Link("index", "", line), nil },
	})
}

// records copies what is kept of operations whose entries were pruned.
func (t *transfer) records(context.Context) error {
	ours, theirs := archive(t.from, t.fromKey), archive(t.to, t.toKey)
	if err := errors.Join(ours.Refresh(), theirs.Refresh()); err != nil {
		return err
	}
	var missing []journal.Past
	err := ours.Each(func(r journal.Past) error {
		_, known, err := theirs.Operation(r.Operation)
		if err == nil && !known {
			missing = append(missing, r)
		}
		return err
	})
	if err != nil || len(missing) == 0 {
		return err
	}
	added, err := theirs.Adopt(missing)
	if err != nil {
		return err
	}
	if added < len(missing) {
		return provider.WithClass(provider.ErrLocked, errors.New("another run is changing the journal: run the command again"))
	}
	t.copied.Records = len(missing)
	return nil
}

// sightings copies when credentials were seen: the earlier date counts.
func (t *transfer) sightings(context.Context) error {
	ours, theirs := sighting.Open(t.from.Backend().Sightings), sighting.Open(t.to.Backend().Sightings)
	if err := errors.Join(ours.Refresh(), theirs.Refresh()); err != nil {
		return err
	}
	var missing []sighting.Sighting
	err := ours.All(func(x sighting.Sighting) error {
		known, err := theirs.Has(x)
		if err == nil && !known {
			missing = append(missing, x)
		}
		return err
	})
	t.copied.Sightings = len(missing)
	return errors.Join(err, theirs.Note(missing...))
}

// events adds the events of the audit trail that the other has not.
func (t *transfer) events(context.Context) error {
	ours, err := t.from.Events()
	if err != nil {
		return err
	}
	theirs, err := t.to.Events()
	if err != nil {
		return err
	}
	there := map[trail.Event]bool{}
	for _, e := range theirs {
		there[bare(e)] = true
	}
	for _, e := range ours {
		if there[bare(e)] {
			continue
		}
		if err := trail.Add(t.to.Backend().Trail(), e); err != nil {
			return err
		}
		t.copied.Events++
	}
	return nil
}

// bare returns an event without its place in a trail.
func bare(e trail.Event) trail.Event {
	e.Prev, e.Time = "", e.Time.UTC()
	return e
}
