package replaced

import (
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/drift"
	"github.com/credctl/credctl/internal/rotation/run"
)

// LeftOut refuses to replace a secret that other destinations have from credctl than those
// that receive its replacement: programs that read it there would be cut off. A file of
// another machine is one of them, also where the one of this machine has the same path; of
// containers, and by force, it is only said. By force, the journal remembers the others.
func LeftOut(ctx context.Context, r *run.Run, checker drift.Checker, force bool) (said []string, err error) {
	op, err := checker.Delivered(r.Op.Subject.Ref())
	if err != nil || op == nil {
		return nil, err
	}
	id, to := r.Op.Subject.ID, r.Op.Options.To
	moved, err := checker.Moved(ctx, op, to)
	if err != nil {
		return nil, err
	}
	for _, err := range moved {
		if errors.Is(err, drift.ErrOtherMachine) && !force {
			return nil, provider.Hint(provider.Reclassify(provider.ErrRefused, fmt.Errorf("the secret of %s is in use there: %w", id, err)),
				"%s; if that host does not exist any more, or does not need the secret: %s --force", provider.HintOf(err), search{Run: r}.command(id))
		}
		said = append(said, fmt.Sprintf("%s was delivered on another host, too, which will not get the new secret: %v", id, err))
	}
	left, err := checker.LeftOut(ctx, r.Op.Subject.Ref(), to)
	if err != nil {
		return nil, err
	}
	left, stale := drift.Stale(left)
	said = append(said, stale...)
	for _, l := range left {
		r.Op.Left = append(r.Op.Left, l.Holding)
		if l.InForce && r.OldSecret.IsZero() {
			r.OldSecret = l.Secret
		}
	}
	cut := drift.CutOff(id, left, ", or pass --force")
	if cut != nil && force {
		return append(said, cut.Error()), nil
	}
	return said, cut
}
