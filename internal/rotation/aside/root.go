package aside

import (
	"encoding/json"
	"fmt"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/finished"
	"github.com/credctl/credctl/internal/journal/keyed"
)

// rootOf returns the first credential of the chain that leads to r, as far as it can be read
// without the identity: runs lock the chain by it.
func rootOf(store *journal.Store, r journal.Ref) (journal.Ref, error) {
	previous := map[journal.Ref]journal.Ref{}
	link := func(p finished.Record) {
		if p.Follows() {
			previous[p.New()] = p.Ref
		}
	}
	ended, err := store.Backend().Finished()
	if err != nil {
		return r, fmt.Errorf("journal: %w", err)
	}
	live, err := unread(store)
	if err != nil {
		return r, err
	}
	others, err := read(store, ended)
	if err != nil {
		return r, err
	}
	for _, o := range append(live, others...) {
		if len(o.Entries) > 0 {
			link(finished.Record{Ref: o.Ref(), NewID: o.NewID(), Aborted: o.Last().Step == journal.Aborted})
		}
	}
	err = store.Backend().Records(keyed.Codec{}).Each(func(line []byte) error { // a folder has none before it is refreshed
		var p finished.Record
		if json.Unmarshal(line, &p) == nil {
			link(p)
		}
		return nil
	})
	for range len(previous) { // a circle must end
		before, follows := previous[r]
		if !follows {
			break
		}
		r = before
	}
	return r, err
}
