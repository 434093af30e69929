package main

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/spf13/cobra"

	"github.com/credctl/credctl/internal/config"
	"github.com/credctl/credctl/internal/provider"
)

// listCmd is `credctl list`: every vendor that is configured, at once.
func (a *app) listCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the credentials of every configured vendor at once",
		Long: `List the credentials of every configured vendor at once: of each one that there is
a token for. When a vendor cannot be listed, the others are listed whole, and the
exit status is 8.`,
		Args: exact(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), a.streams.Timeout)
			defer cancel()
			return a.listAll(ctx)
		},
	}
}

func (a *app) listAll(ctx context.Context) error {
	a.failed.verb = "list"
	if err := a.notIssued("list"); err != nil {
		return err
	}
	var sources []source
	var failures []error
	var none error // why a vendor does not count
	for _, p := range a.config.Vendors() {
		account := config.Account{Vendor: p, Given: provider.NewInput(p.Settings...)}
		found, err := a.sources(ctx, account)
		switch {
		case err == nil:
			sources = append(sources, found...)
		case errors.Is(err, provider.ErrDenied) && !a.configured(ctx, account):
			none = err
		default:
			failures = append(failures, fmt.Errorf("%s: %w", p.Name, err))
		}
	}
	if len(sources) == 0 && len(failures) == 0 {
		return provider.Hint(provider.Usage("no vendor is configured: %w", none), "set a token, as `credctl help` of each vendor says; `credctl sandbox` needs none")
	}
	seq, failed := together(ctx, sources)
	p := a.printer()
	p.Mixed = true
	if err := p.List(seq); err != nil {
		return err
	}
	failures = append(failures, failed()...)
	if len(failures) > 0 {
		return provider.WithClass(provider.ErrPartial, fmt.Errorf("not every vendor could be listed: %w", errors.Join(failures...)))
	}
	return nil
}

// sources returns what an account lists: every kind of its vendor that can be listed.
func (a *app) sources(ctx context.Context, account config.Account) (found []source, err error) {
	conn, err := a.session.Connect(ctx, account)
	if err != nil {
		return nil, err
	}
	listings, err := conn.Listings()
	for _, l := range listings {
		found = append(found, source{account.Vendor.Name, l})
	}
	return found, err
}

// configured reports whether there is a source of a token for an account.
func (a *app) configured(ctx context.Context, account config.Account) bool {
	s, err := a.config.Locate(ctx, account)
	return err != nil || s.Configured()
}

// A source is one kind of a vendor of a listing of several.
type source struct {
	name   string
	lister provider.Lister
}

// together lists all sources at once, and yields what they have one source after
// another. The sequence goes on after a source that could not be listed, which
// failed names; it ends with an error when one broke off in the middle, because
// what is not whole must not look whole.
func together(ctx context.Context, sources []source) (seq iter.Seq2[provider.Credential, error], failed func() []error) {
	var failures []error
	seq = func(yield func(provider.Credential, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		gone := make(chan struct{})
		defer close(gone)
		lists := make([]chan listed, len(sources))
		for i, s := range sources {
			lists[i] = make(chan listed, 1000)
			go s.list(ctx, lists[i], gone)
		}
		var broken error
		for i, list := range lists {
			count := 0
			for got := range list {
				if got.err != nil {
					err := fmt.Errorf("%s: %w", sources[i].name, got.err)
					failures = append(failures, err)
					if count > 0 {
						broken = errors.Join(broken, err)
					}
					break
				}
				count++
				if !yield(got.Credential, nil) {
					return
				}
			}
		}
		if broken != nil {
			yield(provider.Credential{}, provider.WithClass(provider.ErrPartial, broken))
		}
	}
	return seq, func() []error { return failures }
}

// A listed credential, or the error that ended the listing.
type listed struct {
	provider.Credential
	err error
}

// list sends what s has to out, and closes it, until the receiver is gone. That the
// time is up is no reason to stop sending: it is the error that must arrive.
func (s source) list(ctx context.Context, out chan<- listed, gone <-chan struct{}) {
	defer close(out)
	for c, err := range s.lister.List(ctx, provider.Input{}) {
		select {
		case out <- listed{c, err}:
		case <-gone:
			return
		}
	}
}
