package creation

import (
	"cmp"
	"context"
	"fmt"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
	"github.com/credctl/credctl/internal/rotation/run"
)

// rename gives a credential that was created under the operation's stamp its final
// name.
func rename(ctx context.Context, c *creation) error {
	if !c.Op.Stamped || c.Op.RightsChecked {
		return nil
	}
	ctx, cancel := patient(ctx)
	defer cancel()
	want := c.Op.New
	if want.Details == nil { // another run created it
		now, err := run.Get(ctx, c.Service, want.ID)
		if err != nil {
			return stillStamped(c, err)
		}
		want = now
	}
	want.Name = c.Op.Name
	c.Hit("create.naming")
	now, err := c.Service.(provider.RightsRepairer).RepairRights(ctx, want.ID, want)
	c.Hit("create.named")
	if err != nil {
		return stillStamped(c, err)
	}
	named := c.Op.New
	named.Status, named.Details = cmp.Or(now.Status, named.Status), now.Details
	if err := c.Append(oplog.StepRights, oplog.Event{New: oplog.Bare(named)}); err != nil {
		return err
	}
	c.Op.New = named
	return nil
}

// stillStamped says that a credential has its temporary name.
func stillStamped(c *creation, err error) error {
	return provider.Reclassify(provider.ErrPartial, fmt.Errorf("%s was created, but could not be renamed from %q to %q: %w", c.Op.New.ID, c.Op.Stamp(), c.Op.Name, err))
}
