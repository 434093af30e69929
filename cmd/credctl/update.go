package main

import (
	"context"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// update changes credentials. What the change may break is said.
func (c *call) update(ctx context.Context, svc provider.Service, ids []string) error {
	if !c.anyGiven() {
		return provider.Usage("nothing to change: name at least one of the flags that `%s --help` lists", c.command(provider.Update))
	}
	return c.showAll(ctx, ids, "updated", func(ctx context.Context, id string) (cred provider.Credential, note string, err error) {
		if note, err = c.warning(ctx, svc, id); err == nil {
			cred, err = svc.(provider.Updater).Update(ctx, id, c.in)
		}
		return cred, note, err
	})
}

// get shows credentials.
func (c *call) get(ctx context.Context, svc provider.Service, ids []string) error {
	return c.showAll(ctx, ids, "read", func(ctx context.Context, id string) (provider.Credential, string, error) {
		cred, err := svc.(provider.Getter).Get(ctx, id)
		return cred, "", err
	})
}

// showAll writes the credentials that do returns, as they come, with a note for
// people. When some are not there, the output is not whole, and does not look whole.
func (c *call) showAll(ctx context.Context, ids []string, what string, do func(ctx context.Context, id string) (provider.Credential, string, error)) error {
	all, notes := make([]provider.Credential, len(ids)), make([]string, len(ids))
	done := c.each(ctx, ids, func(ctx context.Context, i int, id string) (err error) {
		all[i], notes[i], err = do(ctx, id)
		return err
	})
	var errs []error
	seq := func(yield func(provider.Credential, error) bool) {
		for i, err := range done {
			errs = append(errs, err)
			if notes[i] != "" {
				c.streams.Remark("note: %s", visible.Text(notes[i]))
			}
			if err == nil && c.dryRun == nil && !yield(all[i], nil) {
				return
			}
		}
		if err := several(what, errs, len(ids)); err != nil {
			yield(provider.Credential{}, err)
		}
	}
	if len(ids) > 1 && c.dryRun == nil {
		p := c.printer(false)
		p.Eager = true
		return p.List(seq)
	}
	for _, err := range seq {
		_ = err // it is among errs
	}
	if c.dryRun != nil {
		return several(what, errs, len(ids))
	}
	if errs[0] != nil {
		return errs[0]
	}
	return c.printer(false).One(all[0])
}

// warning says what an update of one credential may break.
func (c *call) warning(ctx context.Context, svc provider.Service, id string) (string, error) {
	w, ok := svc.(provider.ImpactExplainer)
	if !ok {
		return "", nil
	}
	old, err := svc.(provider.Getter).Get(ctx, id)
	if err != nil {
		return "", err
	}
	return w.ExplainImpact(provider.Update, old, c.in), nil
}

func (c *call) anyGiven() bool {
	for _, p := range c.kind.Params[c.verb] {
		if c.in.Value(p.Info().Name).IsSet() {
			return true
		}
	}
	return false
}
