package rotation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
)

// deliverAll takes the new secret to every destination that does not have it,
// and reads it back. One that fails does not keep the others from it.
func (w *work) deliverAll(ctx context.Context) error {
	if w.secret.IsZero() && len(w.options.To) == 0 {
		return nil // the caller has it
	}
	var problems []error
	for _, to := range w.undelivered() {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := w.deliverOne(ctx, to)
		if err == nil {
			err = w.note(stepDelivered, note{To: to})
			w.changed = true
		} else if nerr := w.note(stepFailed, note{At: "deliver", To: to, Error: err.Error()}); nerr != nil {
			err = errors.Join(err, nerr)
		}
		if err != nil {
			problems = append(problems, err)
		}
	}
	if problems == nil {
		return nil
	}
	if w.force && len(w.delivered) > 0 && !w.inPlace() { // it is somewhere: its secret is not lost
		w.remark("%s was not delivered everywhere, and the old one is not kept all the same: %v", w.new.ID, errors.Join(problems...))
		return nil
	}
	kept := "the old one is kept"
	if w.inPlace() {
		kept = "the old secret is dead"
	}
	return provider.Hint(as(provider.ErrPartial, fmt.Errorf("%s was not delivered everywhere, and %s: %w", w.new.ID, kept, errors.Join(problems...))),
		"when that is mended, run the same command again, or: credctl rotation resume %s", w.op.ID)
}

// deliverOne writes one destination whole: an interruption comes before or after.
func (w *work) deliverOne(ctx context.Context, to string) error {
	ctx, cancel := whole(ctx, 2*time.Minute)
	defer cancel()
	if to == shown {
		if w.show == nil {
			return provider.Hint(provider.WithClass(provider.ErrPending, errors.New("its secret was not shown to anybody")),
				"credctl rotation resume %s on a terminal, or with -o json or --to", w.op.ID)
		}
		return w.show(ctx, w.toShow())
	}
	d, err := w.target(to)
	if err != nil {
		return err
	}
	w.e.hit("deliver.writing")
	if err := d.Write(ctx, w.credential()); err != nil {
		return err
	}
	w.e.hit("deliver.written")
	if err := d.ReadBack(ctx, w.credential()); err != nil {
		return fmt.Errorf("it was written, but not read back: %w", err)
	}
	return nil
}

// target opens a destination, once.
func (w *work) target(to string) (deliver.Destination, error) {
	if d, ok := w.targets[to]; ok {
		return d, nil
	}
	d, err := w.e.Destination(to, w.subject, w.options.InsecurePerms)
	if err != nil {
		return nil, err
	}
	if w.targets == nil {
		w.targets = map[string]deliver.Destination{}
	}
	w.targets[to] = d
	return d, nil
}
