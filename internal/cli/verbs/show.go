// Package verbs has the commands that list, show, create, change and delete
// credentials.
package verbs

import (
	"context"
	"errors"
	"strings"
	"sync"

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
		Operands: operands, Short: "Show one or more %ss", Parallel: parallel,
		Do: func(ctx context.Context, svc provider.Service, ids []string) error {
			get := svc.(provider.Getter).Get
			if d, ok := svc.(provider.Describer); ok && len(ids) == 1 {
				get = d.Describe
			}
			if c.Kind.GetsByListing && len(ids) > 1 {
				get = fromListing(c, svc.(provider.Lister), ids)
			}
			return showAll(ctx, c, ids, "read", func(ctx context.Context, id string) (provider.Credential, string, error) {
				cred, err := get(ctx, id)
				return cred, "", err
			})
		},
	})
}

// fromListing returns what gets these credentials from one listing, which is read
// when the first of them is asked for.
func fromListing(c *call.Call, lister provider.Lister, ids []string) func(ctx context.Context, id string) (provider.Credential, error) {
	wanted := make(map[string]provider.Credential, len(ids))
	for _, id := range ids {
		wanted[id] = provider.Credential{}
	}
	var once sync.Once
	var failed error
	return func(ctx context.Context, id string) (provider.Credential, error) {
		once.Do(func() {
			for cred, err := range lister.List(ctx, provider.Input{}) {
				if err != nil {
					failed = err
					return
				}
				if _, ok := wanted[cred.ID]; ok {
					wanted[cred.ID] = cred
				}
			}
		})
		if cred := wanted[id]; cred.ID != "" {
			return cred, nil
		}
		if failed != nil {
			return provider.Credential{}, failed
		}
		return provider.Credential{}, provider.WithClass(provider.ErrAbsent, provider.WithClass(provider.ErrNotFound, errors.New(call.NoSuch(c, id))))
	}
}

// showAll writes the credentials that do returns, as they come, with a note for
// people. When some are not there, the output is not whole, and does not look whole.
func showAll(ctx context.Context, c *call.Call, ids []string, what string, do func(ctx context.Context, id string) (provider.Credential, string, error)) error {
	all, notes := make([]provider.Credential, len(ids)), make([]string, len(ids))
	done := c.Runner().Each(ctx, ids, func(ctx context.Context, i int, id string) (err error) {
		all[i], notes[i], err = do(ctx, id)
		return call.Absent(c, id, err)
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
	if c.Several(ids) && !pretend {
		p.Eager = true
		err := p.List(seq)
		return unshown(c, ids, errs, err)
	}
	for _, err := range seq {
		_ = err // it is among errs
	}
	if err := bulk.Failed(what, errs, len(ids)); err != nil || pretend {
		return err
	}
	return unshown(c, ids, errs, p.One(all[0]))
}

// unshown is the error of writing what came of an update, if there was one.
func unshown(c *call.Call, ids []string, errs []error, err error) error {
	var updated []string
	for i, err := range errs {
		if err == nil && c.Verb == provider.Update {
			updated = append(updated, ids[i])
		}
	}
	if updated == nil {
		return err
	}
	return c.Run.Results.Unshown("updated "+strings.Join(updated, ", "), err)
}
