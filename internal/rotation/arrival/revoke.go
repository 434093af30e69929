package arrival

import (
	"context"
	"fmt"
	"slices"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// RevokeUnused ends a rotation whose new credential cannot be used, and revokes that. It is
// [provider.ErrRefused] where an earlier run has taken its secret somewhere, or may have: an
// abort restores the old secret first.
func RevokeUnused(ctx context.Context, r *run.Run, why error) error {
	has := Holds(ctx, r)
	if has == nil && slices.Contains(slices.Concat(r.Op.Delivered, r.Op.Outdated), oplog.Shown) {
		has = fmt.Errorf("the secret of %s was shown", r.Op.New.ID)
	}
	if has == nil {
		return run.Abort(ctx, r, provider.Text(why), false)
	}
	return provider.Hint(provider.Reclassify(provider.ErrRefused, fmt.Errorf("%w; %s was kept: %w", why, r.Op.New.ID, has)),
		"to restore the old secret, then delete %s: credctl rotation abort %s", r.Op.New.ID, r.Op.ID)
}
