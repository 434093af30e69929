package arrival

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// Holders returns the destinations that have the secret of an operation, or may have it, by
// what they are found to have. Those that had it before the operation do not count.
func Holders(ctx context.Context, r *run.Run) map[Finding][]string {
	all := map[Finding][]string{}
	for _, to := range r.Op.Written() {
		if to == oplog.Shown || slices.Contains(r.Op.Held, to) {
			continue
		}
		found := Look(ctx, r, to)
		if found == Again {
			found = May
		}
		if found != Keeps && found != Changed {
			all[found] = append(all[found], to)
		}
	}
	return all
}

// Holds is the error that destinations have the secret of an operation, or may have it: to
// end it would take the secret away, or leave it where nobody knows of it. Nil is that none has.
func Holds(ctx context.Context, r *run.Run) error {
	holders := Holders(ctx, r)
	var said []string
	for _, one := range []struct {
		found Finding
		words string
	}{{Has, "already has"}, {May, "may already have"}, {Parts, "may have parts of"}} {
		if to := holders[one.found]; len(to) > 0 {
			said = append(said, fmt.Sprintf("%s %s the secret of %s", strings.Join(to, ", "), one.words, r.Op.New.ID))
		}
	}
	if said == nil {
		return nil
	}
	return errors.New(strings.Join(said, "; "))
}
