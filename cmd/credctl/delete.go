package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/credctl/credctl/internal/provider"
)

// A result is what came of one credential of a command that takes several.
type result struct {
	Provider string       `json:"provider"`
	Kind     string       `json:"kind"`
	ID       string       `json:"id"`
	Result   string       `json:"result"` // deleted, gone or failed
	Error    *errorObject `json:"error,omitempty"`
}

// delete deletes credentials. It goes on after an error, and says what came of each.
func (c *call) delete(ctx context.Context, svc provider.Service, ids []string) error {
	for _, id := range ids {
		if err := c.guardUse(ctx, svc, id); err != nil {
			c.failed.id = id
			return err
		}
	}
	if err := c.confirm(c.deleteQuestion(ctx, svc, ids)); err != nil {
		return err
	}
	results := make([]result, 0, len(ids))
	var errs []error
	for _, id := range ids {
		r, err := c.deleteOne(ctx, svc, id)
		results = append(results, r)
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(ids) == 1 {
		if len(errs) > 0 {
			return errs[0]
		}
		return c.printResults(results, results[0])
	}
	err := c.printResults(results, results)
	if len(errs) > 0 {
		failed := fmt.Errorf("%d of %d could not be deleted: %w", len(errs), len(ids), errors.Join(errs...))
		if len(errs) < len(ids) || len(ids) > 1 {
			failed = provider.As(provider.ErrPartial, failed)
		}
		return errors.Join(failed, err)
	}
	return err
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
		r.Result = "failed"
		code, exit := statusOf(err)
		f := c.failed
		f.id = id
		o := f.object(code, exit, err)
		r.Error = &o
		return r, err
	}
	if c.forPeople() {
		c.remark("deleted %s", id)
	}
	return r, nil
}

// guardUse refuses to delete what something at the vendor refers to, unless --force.
func (c *call) guardUse(ctx context.Context, svc provider.Service, id string) error {
	u, ok := svc.(provider.User)
	if !ok || c.flags.force {
		return nil
	}
	cred, err := svc.(provider.Getter).Get(ctx, id)
	if err != nil {
		return err
	}
	users, err := u.Users(ctx, cred)
	if err != nil {
		return provider.Hint(provider.As(provider.ErrRefused, fmt.Errorf("cannot find out whether it is in use: %w", err)), "--force deletes it without looking")
	}
	if len(users) == 0 {
		return nil
	}
	return provider.Hint(provider.As(provider.ErrRefused, fmt.Errorf("%q is in use by %s", cred.Name, strings.Join(users, ", "))),
		"--force deletes it, and what uses it will fail")
}

func (c *call) deleteQuestion(ctx context.Context, svc provider.Service, ids []string) string {
	what := fmt.Sprintf("%d %s", len(ids), c.kind.Title)
	if len(ids) == 1 {
		what = ids[0]
		if c.interactive() && !c.global.yes { // the name tells a person more than the ID
			if cred, err := svc.(provider.Getter).Get(ctx, ids[0]); err == nil && cred.Name != "" {
				what += fmt.Sprintf(" (%s)", visible(cred.Name))
			}
		}
	}
	return fmt.Sprintf("Delete %s at %s? %s", what, c.provider.Name, sentence(c.kind.Effects[provider.Delete]))
}

// printResults writes what came of each credential to standard output, where the
// format is one for programs; people have been told.
func (c *call) printResults(results []result, value any) error {
	if c.forPeople() {
		return nil
	}
	rows := make([][]string, len(results))
	for i, r := range results {
		rows[i] = []string{r.ID, r.Result}
	}
	return c.app.printer().Records([]string{"id", "result"}, rows, value)
}

// visible makes a vendor's text safe for a terminal.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || 0x80 <= r && r < 0xa0 {
			return '?'
		}
		return r
	}, s)
}
