package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/spf13/cobra"

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
			ctx, cancel := context.WithTimeout(cmd.Context(), a.global.timeout)
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
	for _, p := range a.providers() {
		in := provider.NewInput(p.Settings...)
		conn, err := a.connect(ctx, p, in, "")
		if errors.Is(err, provider.ErrDenied) && !a.counts(p) {
			none = err
			continue
		}
		var svc provider.Service
		if err == nil {
			svc, err = p.Kinds[0].Open(conn)
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", p.Name, err))
			continue
		}
		sources = append(sources, source{p.Name, svc.(provider.Lister)})
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

// counts reports whether p is configured: whether there is a source of a token,
// even if none can be had from it. Where what is stored cannot be looked up, any
// setting tells of an account.
func (a *app) counts(p provider.Provider) bool {
	s, err := a.look(p, provider.NewInput(p.Settings...), "")
	return err != nil || slices.ContainsFunc(s.all, func(one setting) bool { return one.from < fromNowhere && (one.hidden() || s.trouble != nil) })
}

// A source is one vendor of a listing of several.
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
