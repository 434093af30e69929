package policy

import (
	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
)

// dedupe leaves each credential to the first entry that is about it: the
// destinations of a second one would not get the new secret.
func dedupe(items []item, index journal.Index) {
	by := map[journal.Ref]string{}
	for i := range items {
		it := &items[i]
		if it.ID == "" { // what it selects could not be told
			continue
		}
		root := index.Root(it.Ref())
		if first, taken := by[root]; taken {
			it.age.Due, it.open, it.duplicate = false, nil, true
			it.err = provider.Hint(provider.Usage("%s is rotated by %q already", it.ID, first), "select it in one of the two, with all of its destinations")
			continue
		}
		by[root] = it.Name
	}
}

// checkConflicts demands that every item has its destinations for itself, whether it is due
// or not: of two secrets at one, the first would be lost.
func checkConflicts(e *rotation.Engine, items []item) error {
	type claim struct {
		place deliver.Place
		spec  string
		by    int // the item
	}
	claims := map[string][]claim{}
	for i, it := range items {
		if it.ID == "" || it.duplicate {
			continue
		}
		for _, to := range it.To {
			d, err := e.Destination(to, it.Subject, true)
			if err != nil {
				continue // its own rotation says so
			}
			place := deliver.PlaceOf(d)
			for _, c := range claims[place.At] {
				if c.by == i || !place.Clashes(c.place) { // the same one may be named twice
					continue
				}
				first, where := items[c.by], d.Spec()
				if c.spec != where {
					where = c.spec + ", which is where " + where + " is"
				}
				return provider.Hint(provider.Usage("%s of %q and %s of %q would overwrite one another at %s: nothing was changed", first.ID, first.Name, it.ID, it.Name, where),
					"give each a destination of its own, such as file:/etc/keys/{name}; what has the same name is rotated by its id")
			}
			claims[place.At] = append(claims[place.At], claim{place, d.Spec(), i})
		}
	}
	return nil
}
