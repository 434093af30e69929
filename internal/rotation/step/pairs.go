package step

import (
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
	if said := entry.SplitPair(all); said != "" {
		return []string{said}
	}
	return nil
}
