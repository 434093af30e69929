package main

import (
	"context"

	"github.com/credctl/credctl/internal/provider"
)

// update changes one credential. What the change may break is said first.
func (c *call) update(ctx context.Context, svc provider.Service, id string) error {
	if !c.anyGiven() {
		return provider.Usage("nothing to change: name at least one of the flags that `credctl %s update --help` lists", c.provider.Name)
	}
	if w, ok := svc.(provider.Warner); ok {
		old, err := svc.(provider.Getter).Get(ctx, id)
		if err != nil {
			return err
		}
		if warning := w.Warn(provider.Update, old, c.in); warning != "" {
			c.remark("note: %s", visible(warning))
		}
	}
	got, err := svc.(provider.Updater).Update(ctx, id, c.in)
	return c.show(got, err)
}

func (c *call) anyGiven() bool {
	for _, p := range c.kind.Params[c.verb] {
		if c.in.Value(p.Info().Name).Given() {
			return true
		}
	}
	return false
}
