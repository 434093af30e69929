// Package verbs has the commands that list, show, issue, change and delete
// credentials.
package verbs

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/bulk"
	"github.com/credctl/credctl/internal/cli/call"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/visible"
)

const (
	operands = " [ID... | -]"
	parallel = 4 // unless the user says something else
)

// Get is `credctl VENDOR get`.
func Get(c *call.Call) *cobra.Command {
	return c.Command(call.Spec{
		Operands: operands, Short: "Show some of the %s", Parallel: parallel,
		Do: func(ctx context.Context, svc provider.Service, ids []string) error {
			return showAll(ctx, c, ids, "read", func(ctx context.Context, id string) (provider.Credential, string, error) {
				cred, err := svc.(provider.Getter).Get(ctx, id)
				return cred, "", err
			})
		},
	})
}

// showAll writes the credentials that do returns, as they come, with a note for
// people. When some are not there, the output is not whole, and does not look whole.
func showAll(ctx context.Context, c *call.Call, ids []string, what string, do func(ctx context.Context, id string) (provider.Credential, string, error)) error {
	all, notes := make([]provider.Credential, len(ids)), make([]string, len(ids))
	done := c.Runner().Each(ctx, ids, func(ctx context.Context, i int, id string) (err error) {
		all[i], notes[i], err = do(ctx, id)
		return err
	})
	pretend := c.Run.DryRun != nil
	var errs []error
	seq := func(yield func(provider.Credential, error) bool) {
		for i, err := range done {
			errs = append(errs, err)
			if notes[i] != "" {
				c.Run.Streams.Remark("note: %s", visible.Text(notes[i]))
			}
			if err == nil && !pretend && !yield(all[i], nil) {
				return
			}
		}
		if err := bulk.Failed(what, errs, len(ids)); err != nil {
			yield(provider.Credential{}, err)
		}
	}
	p := c.Run.Results.Printer()
	p.Shape = c.Kind.Shape
	if len(ids) > 1 && !pretend {
		p.Eager = true
		return p.List(seq)
	}
	for _, err := range seq {
		_ = err // it is among errs
	}
	if err := bulk.Failed(what, errs, len(ids)); err != nil || pretend {
		return err
	}
	return p.One(all[0])
}
