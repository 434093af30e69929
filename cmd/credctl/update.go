package main

import (
	"context"
	"iter"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// update changes credentials. What the change may break is said first.
func (c *call) update(ctx context.Context, svc provider.Service, ids []string) error {
	if !c.anyGiven() {
		return provider.Usage("nothing to change: name at least one of the flags that `credctl %s update --help` lists", c.provider.Name)
	}
	changed := make([]provider.Credential, len(ids))
	errs := c.each(ctx, ids, func(i int, id string) (err error) {
		if err := c.warn(ctx, svc, id); err != nil {
			return err
		}
		changed[i], err = svc.(provider.Updater).Update(ctx, id, c.in)
		return err
	})
	return c.showAll(changed, errs, "updated")
}

// get shows credentials.
func (c *call) get(ctx context.Context, svc provider.Service, ids []string) error {
	found := make([]provider.Credential, len(ids))
	errs := c.each(ctx, ids, func(i int, id string) (err error) {
		found[i], err = svc.(provider.Getter).Get(ctx, id)
		return err
	})
	return c.showAll(found, errs, "read")
}

// showAll writes the credentials that are there. When some are not, the output
// is not whole, and does not look whole.
func (c *call) showAll(all []provider.Credential, errs []error, what string) error {
	err := several(what, errs)
	if len(all) == 1 {
		return c.show(all[0], err)
	}
	var seq iter.Seq2[provider.Credential, error] = func(yield func(provider.Credential, error) bool) {
		for _, cred := range all {
			if cred.ID != "" && !yield(cred, nil) {
				return
			}
		}
		if err != nil {
			yield(provider.Credential{}, err)
		}
	}
	return c.printer(false).List(seq)
}

// warn says what an update of one credential may break.
func (c *call) warn(ctx context.Context, svc provider.Service, id string) error {
	w, ok := svc.(provider.Warner)
	if !ok {
		return nil
	}
	old, err := svc.(provider.Getter).Get(ctx, id)
	if err != nil {
		return err
	}
	if warning := w.Warn(provider.Update, old, c.in); warning != "" {
		c.remark("note: %s", visible.Text(warning))
	}
	return nil
}

func (c *call) anyGiven() bool {
	for _, p := range c.kind.Params[c.verb] {
		if c.in.Value(p.Info().Name).Given() {
			return true
		}
	}
	return false
}
