package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

// delete deletes credentials. It goes on after an error, and says what came of each.
func (c *call) delete(ctx context.Context, svc provider.Service, ids []string) error {
	if err := c.guard(ctx, svc, ids); err != nil {
		return err
	}
	if c.dryRun == nil {
		if err := c.confirm(ctx, c.deleteQuestion(ctx, svc, ids)); err != nil {
			return err
		}
	}
	results := make([]result, len(ids))
	errs := c.each(ctx, ids, func(i int, id string) error {
		var err error
		results[i], err = c.deleteOne(ctx, svc, id)
		return err
	})
	for i, err := range errs {
		if err != nil && results[i].ID == "" { // it was not begun
			results[i] = c.failedResult(ids[i], err)
		}
	}
	err := several("deleted", errs)
	if err != nil && (len(ids) == 1 || c.dryRun != nil) {
		return err
	}
	return errors.Join(err, c.printResults(results))
}

func (c *call) deleteOne(ctx context.Context, svc provider.Service, id string) (result, error) {
	r := result{Provider: c.provider.Name, Kind: c.kind.Name, ID: id, Result: "deleted"}
	err := svc.(provider.Deleter).Delete(ctx, id)
	switch {
	case errors.Is(err, provider.ErrGone):
		r.Result = "gone"
		c.remark("%s was already gone", id)
		return r, nil
	case err != nil:
		return c.failedResult(id, err), err
	}
	if c.forPeople() {
		c.remark("deleted %s", id)
	}
	return r, nil
}

func (c *call) deleteQuestion(ctx context.Context, svc provider.Service, ids []string) string {
	what := fmt.Sprintf("%d %s", len(ids), c.kind.Title)
	if len(ids) == 1 {
		what = ids[0]
		if c.interactive() && !c.global.yes { // the name tells a person more than the ID
			if cred, err := svc.(provider.Getter).Get(ctx, ids[0]); err == nil && cred.Name != "" {
				what += fmt.Sprintf(" (%s)", visible.Text(cred.Name))
			}
		}
	}
	return fmt.Sprintf("Delete %s at %s? %s", what, c.provider.Name, sentence(c.kind.Effects[provider.Delete]))
}
