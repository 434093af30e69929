package rotation

import (
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// once leaves each credential to the first entry that is about it: the
// destinations of a second one would not get the new secret.
func once(items []item, index journal.Index) {
	by := map[journal.Ref]string{}
	for i := range items {
		it := &items[i]
		if it.ID == "" { // what it selects could not be told
			continue
		}
		root := index.Root(it.Ref())
		if first, taken := by[root]; taken {
			it.due, it.open, it.twice = false, nil, true
			it.err = provider.Hint(provider.Usage("%s is rotated by %q already", it.ID, first), "select it in one of the two, with all of its destinations")
			continue
		}
		by[root] = it.Name
	}
}

// apart demands that every item has its destinations for itself, whether it is due
// or not: of two secrets at one, the first would be lost.
func (e *Engine) apart(items []item) error {
	by := map[string]item{}
	for _, it := range items {
		if it.ID == "" || it.twice {
			continue
		}
		places := map[string]bool{} // the same one may be named twice
		for _, to := range it.To {
			d, err := e.Destination(to, it.Subject, true)
			if err != nil {
				continue // its own rotation says so
			}
			place := d.Spec()
			if first, taken := by[place]; taken && !places[place] {
				return provider.Hint(provider.Usage("%s of %q and %s of %q would overwrite one another at %s: nothing was changed", first.ID, first.Name, it.ID, it.Name, place),
					"give each a destination of its own, such as file:/etc/keys/{name}; what has the same name is rotated by its id")
			}
			by[place], places[place] = it, true
		}
	}
	return nil
}
