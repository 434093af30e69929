package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation"
)

// claims says which entry each credential belongs to.
type claims struct {
	index journal.Index
	by    map[journal.Ref]string
}

// free returns the items of an entry, without those of entries before it: the
// destinations of a second one would not get the new secret. For each of these entries
// one item is left, which says so.
func (c claims) free(items []item) (left []item) {
	taken := map[string][]int{} // by entry: where in left its item is, and for how many
	for _, it := range items {
		if it.ID == "" { // what it selects is not known
			left = append(left, it)
			continue
		}
		root, err := c.index.Root(it.Ref())
		first, known := c.by[root]
		switch {
		case err != nil:
			it.err = err
		case !known:
			c.by[root] = it.Name
		case taken[first] != nil:
			taken[first][1]++
			continue
		default:
			it.duplicate = true
			taken[first] = []int{len(left), 1}
		}
		left = append(left, it)
	}
	for first, at := range taken {
		it := &left[at[0]]
		what := it.ID + " is"
		if more := at[1] - 1; more > 0 {
			what = fmt.Sprintf("%s and %d more are", it.ID, more)
		}
		it.err = provider.Hint(provider.Usage("%s already rotated by entry %q", what, first), "select it in one entry only, with all of its destinations")
	}
	return left
}

// A share is a place that several credentials would be written to.
type share struct {
	place deliver.Place
	spec  string
	who   []string
	by    []int // the items
}

// mostShares is how many places an error names, and mostNames how many credentials of each.
const (
	mostShares = 8
	mostNames  = 4
)

// checkConflicts demands that every credential has its destinations for itself, whether
// it is due or not: of two secrets at one place, the first would be lost.
func checkConflicts(e *rotation.Engine, items []item) error {
	places := map[string][]*share{}
	var clashes []*share
	for i, it := range items {
		if it.ID == "" || it.duplicate {
			continue
		}
		for _, to := range it.To {
			d, err := e.Destination(to, it.Subject, true)
			if err != nil {
				continue // its own rotation says so
			}
			place, who := deliver.PlaceOf(d), fmt.Sprintf("%s (entry %s)", it.ID, it.Name)
			if place.At == "" {
				continue
			}
			at := slices.IndexFunc(places[place.At], func(s *share) bool { return s.place.Clashes(place) })
			if at < 0 {
				places[place.At] = append(places[place.At], &share{place, d.Spec(), []string{who}, []int{i}})
				continue
			}
			s := places[place.At][at]
			if slices.Contains(s.by, i) { // the same place may be named twice
				continue
			}
			if s.who, s.by = append(s.who, who), append(s.by, i); len(s.by) == 2 {
				clashes = append(clashes, s)
			}
		}
	}
	if clashes == nil {
		return nil
	}
	return provider.Hint(provider.Usage("nothing was changed, because some credentials would overwrite each other:\n%s", strings.Join(described(clashes), "\n")),
		"give each credential a destination of its own, such as file:/etc/keys/{name}; rotate credentials that share a name by id")
}

// described is a line for each place, up to a limit.
func described(clashes []*share) (lines []string) {
	for _, s := range clashes[:min(len(clashes), mostShares)] {
		line := "  " + s.spec + ": " + strings.Join(s.who[:min(len(s.who), mostNames)], ", ")
		if more := len(s.who) - mostNames; more > 0 {
			line += fmt.Sprintf(" and %d more", more)
		}
		lines = append(lines, line)
	}
	if more := len(clashes) - mostShares; more > 0 {
		lines = append(lines, fmt.Sprintf("  %d more destinations", more))
	}
	return lines
}
