package run

import (
	"context"
	"fmt"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// Abort revokes the new credential, and ends the operation. The old one stays.
func Abort(ctx context.Context, r *Run, why string) error {
	if r.Op.Aborting == "" {
		if err := r.Append(oplog.StepAborting, oplog.Event{Error: why}); err != nil {
			return err
		}
	}
	if r.Op.Issued {
		r.Hit("abort.sending")
		err := r.Service.(provider.Deleter).Delete(ctx, r.Op.New.ID)
		r.Hit("abort.answered")
		if Gone(err) {
			if err := SameAccount(ctx, r, r.Service, r.Op.Subject.ID); err != nil {
				return err
			}
		}
		if err != nil && !Gone(err) {
			return provider.Hint(provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s; and the new one, %s, could not be revoked: %w", why, r.Op.New.ID, err)),
				"credctl rotation resume %s tries it again", r.Op.ID)
		}
		r.Changed = true
	}
	return r.End(journal.Aborted, oplog.Event{Error: why})
}
