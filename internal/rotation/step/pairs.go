package step

import (
	"strings"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/rotation/run"
)

// SplitPairs warns of destinations that hold one half of the key pair each.
func SplitPairs(r *run.Run) []string {
	var all []deliver.Destination
	for _, to := range r.Op.Options.To {
		if d, err := r.Target(to); err == nil {
			all = append(all, d)
		}
	}
	var names []string
	for _, d := range entry.Halves(all) {
		names = append(names, d.String())
	}
	if names != nil {
		return []string{"the access key ID and the secret are written one after the other, to " + strings.Join(names, " and ") +
			": a program that reads in between gets a pair that does not match; as=json writes both at once"}
	}
	return nil
}
