package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/rotation/oplog"
)

// Target opens a destination, once.
func (r *Run) Target(to string) (deliver.Destination, error) {
	if d, ok := r.targets[to]; ok {
		return d, nil
	}
	d, err := r.Destination(to, r.Op.Subject, r.Op.Options.InsecurePerms)
	if err != nil {
		return nil, err
	}
	if r.targets == nil {
		r.targets = map[string]deliver.Destination{}
	}
	r.targets[to] = d
	return d, nil
}

// Deliver takes the new secret to one destination, and reads it back. An
// interruption comes before or after.
func (r *Run) Deliver(ctx context.Context, to string) error {
	ctx, cancel := Uninterrupted(ctx, 2*time.Minute)
	defer cancel()
	if to == oplog.Shown {
		if r.Show == nil {
			return provider.Hint(provider.WithClass(provider.ErrPending, errors.New("its secret was not shown to anybody")),
				"credctl rotation resume %s on a terminal, or with -o json or --to", r.Op.ID)
		}
		return r.Show(ctx, r.resultWhenShown())
	}
	d, err := r.Target(to)
	if err != nil {
		return err
	}
	r.Hit("deliver.writing")
	if err := d.Write(ctx, r.Credential()); err != nil {
		return err
	}
	r.Hit("deliver.written")
	if err := d.ReadBack(ctx, r.Credential()); err != nil {
		return fmt.Errorf("it was written, but not read back: %w", err)
	}
	return nil
}

// ReadBack reports whether a destination holds the new secret, as
// [deliver.Destination] does.
func (r *Run) ReadBack(ctx context.Context, to string) error {
	d, err := r.Target(to)
	if err != nil {
		return err
	}
	return d.ReadBack(ctx, r.Credential())
}

// Uninterrupted bounds what no interruption should end half way, such as a delivery,
// or a request whose answer cannot be had again. The deadline of the caller counts
// all the same: a run ends within its time.
func Uninterrupted(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	until := time.Now().Add(most)
	if d, ok := ctx.Deadline(); ok && d.Before(until) {
		until = d
	}
	return context.WithDeadline(context.WithoutCancel(ctx), until)
}
