package step

import (
	"context"
	"time"

	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

func hasGrace(r *run.Run) bool { return r.Op.Options.Grace > 0 && !r.Op.Retiring }

// waitGrace keeps the old credential for as long as was asked for.
func waitGrace(_ context.Context, r *run.Run) error {
	if r.Op.Reached != oplog.Grace { // or it is no more, because of a delivery meanwhile
		until := r.Op.Until
		if until.IsZero() {
			until = r.GraceEnd()
		}
		if err := r.Append(oplog.StepGrace, oplog.Event{Until: until}); err != nil {
			return err
		}
		r.Say("%s lives on until %s", r.Op.Subject.ID, r.Op.Until.Format(time.RFC3339))
	}
	if r.Time().Before(r.Op.Until) {
		return errWaits
	}
	return nil
}

// Waits reports whether there is nothing to do but to wait for the end of the grace period.
func Waits(r *run.Run) bool {
	return r.Op.Reached == oplog.Grace && r.Time().Before(r.Op.Until) && r.Op.Hooked && !undelivered(r)
}
