package rotationtest

import (
	"context"
	"fmt"

	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/provider"
)

// located is a Box in an account. It tells which once it was read.
type located struct {
	*Box

	within, bound string
}

func (l *located) Within() string     { return l.within }
func (l *located) Bind(within string) { l.bound = within }

// reads is do, where l is in the account that it is bound to.
func (l *located) reads(do func() error) error {
	if err := entry.Stays(l.Account, l.bound, "create it again"); err != nil {
		return fmt.Errorf("%s: %w", l.Name, err)
	}
	err := do()
	l.within = l.Account
	return err
}

func (l *located) Check(ctx context.Context) error {
	return l.reads(func() error { return l.Box.Check(ctx) })
}

func (l *located) Write(ctx context.Context, c provider.Credential) error {
	return l.reads(func() error { return l.Box.Write(ctx, c) })
}

func (l *located) ReadBack(ctx context.Context, c provider.Credential) error {
	return l.reads(func() error { return l.Box.ReadBack(ctx, c) })
}

func (l *located) Current(ctx context.Context) (key string, secret provider.Secret, err error) {
	err = l.reads(func() error {
		key, secret, err = l.Box.Current(ctx)
		return err
	})
	return key, secret, err
}
