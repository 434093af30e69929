package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
	"github.com/credctl/credctl/internal/visible"
)

// delete deletes credentials. It goes on after an error, and says what came of each.
func (c *call) delete(ctx context.Context, svc provider.Service, ids []string) error {
	if err := c.guard(ctx, svc, ids); err != nil {
		return err
	}
	if err := c.agreeToDelete(ctx, svc, ids); err != nil {
		return err
	}
	results := make([]string, len(ids))
	done := c.each(ctx, ids, func(ctx context.Context, i int, id string) error {
		err := svc.(provider.Deleter).Delete(ctx, id)
		if results[i] = isDeleted; errors.Is(err, provider.ErrGone) {
			results[i], err = isGone, nil
		}
		return err
	})
	errs := make([]error, len(ids))
	r := &reporter{call: c, single: len(ids) == 1}
	var unsaid error
	for i, err := range done {
		errs[i] = err
		if c.dryRun != nil {
			continue
		}
		if unsaid = r.report(c.resultOf(ids[i], results[i], err)); unsaid != nil {
			break // and nothing more is begun
		}
	}
	const most = 10 // the results tell of each
	err := several("deleted", errs, most)
	if c.dryRun == nil && unsaid == nil {
		unsaid = r.end()
	}
	return errors.Join(err, unsaid)
}

// agreeToDelete asks a person, who has to type the number of many. A dry run asks nothing.
func (c *call) agreeToDelete(ctx context.Context, svc provider.Service, ids []string) error {
	effect := sentence(c.kind.Effects[provider.Delete])
	switch {
	case c.dryRun != nil:
		return nil
	case len(ids) <= mostDeletes || c.flags.force:
		return c.streams.Confirm(ctx, fmt.Sprintf("Delete %s at %s? %s", c.described(ctx, svc, ids), c.provider.Name, effect))
	}
	answer, err := c.streams.Ask(ctx, fmt.Sprintf("This deletes %d %s. %s Type the number to go on: ", len(ids), c.kind.Title, effect))
	if err == nil && answer != strconv.Itoa(len(ids)) {
		err = term.ErrDeclined
	}
	return err
}

// described says what is deleted: of one its name too, which tells a person more than the ID.
func (c *call) described(ctx context.Context, svc provider.Service, ids []string) string {
	if len(ids) > 1 {
		return fmt.Sprintf("%d %s", len(ids), c.kind.Title)
	}
	if !c.streams.Interactive() || c.streams.Yes {
		return ids[0]
	}
	cred, err := svc.(provider.Getter).Get(ctx, ids[0])
	if err != nil || cred.Name == "" {
		return ids[0]
	}
	return fmt.Sprintf("%s (%s)", ids[0], visible.Text(cred.Name))
}
