package step

import (
	"context"
	"time"

	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

func hasGrace(r *run.Run) bool { return r.Op.Options.Grace > 0 && !r.Op.Retiring }

// waitGrace keeps the old credential for the grace period, and says what deletes it then.
func waitGrace(_ context.Context, r *run.Run) error {
	if r.Op.Reached != oplog.Grace { // a delivery during the grace period leaves it, too
		first := r.Op.Until.IsZero()
		until := r.Op.Until
		if until.IsZero() {
			until = r.GraceEnd()
		}
		if err := r.Append(oplog.StepGrace, oplog.Event{Until: until}); err != nil {
			return err
		}
		if first {
			r.Remark("The old credential %s is kept until %s; after that, `credctl rotation resume --all` deletes it. To delete it now, run: credctl rotation resume %s --grace 0", r.Op.Subject.ID, until.Format(time.RFC3339), r.Op.ID)
		}
	}
	if !r.Before(r.Op.Until) {
		return nil
	}
	if err := run.Settle(r); err != nil {
		return err
	}
	return errWaits
}

// Waits reports whether only the end of the grace period is waited for.
func Waits(r *run.Run) bool {
	return r.Op.Reached == oplog.Grace && r.Before(r.Op.Until) && r.Op.Hooked && !undelivered(r)
}
