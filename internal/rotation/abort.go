package rotation

import (
	"context"
	"fmt"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/provider"
)

// abort revokes the new one, and ends the operation. The old one lives on.
func (w *work) abort(ctx context.Context, why string) error {
	if w.aborting == "" {
		if err := w.note(stepAborting, note{Error: why}); err != nil {
			return err
		}
	}
	if w.issued {
		w.e.hit("abort.sending")
		err := w.service.(provider.Deleter).Delete(ctx, w.new.ID)
		w.e.hit("abort.answered")
		if gone(err) {
			if err := w.sameAccount(ctx, w.service, w.subject.ID); err != nil {
				return err
			}
		}
		if err != nil && !gone(err) {
			return provider.Hint(as(provider.ErrPartial, fmt.Errorf("%s; and the new one, %s, could not be revoked: %w", why, w.new.ID, err)),
				"credctl rotation resume %s tries it again", w.op.ID)
		}
		w.changed = true
	}
	return w.end(journal.Aborted, note{Error: why})
}
