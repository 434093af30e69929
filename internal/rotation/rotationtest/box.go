package rotationtest

import (
	"context"
	"errors"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/provider"
)

// A Box is a destination in memory.
type Box struct {
	Name        string
	Key, Secret string
	Faults      map[string][]error // by method
	Writes      int
	Hidden      bool // it does not return what it holds
}

func (b *Box) fault(method string) error {
	q := b.Faults[method]
	if len(q) == 0 {
		return nil
	}
	b.Faults[method] = q[1:]
	return q[0]
}

// String is its name.
func (b *Box) String() string { return b.Name }

// Spec is its name.
func (b *Box) Spec() string { return b.Name }

// Proof is that it is compared.
func (*Box) Proof() deliver.Proof { return deliver.ByValue }

// Check fails where a fault says so.
func (b *Box) Check(context.Context) error { return b.fault("check") }

// Write takes a credential.
func (b *Box) Write(_ context.Context, c provider.Credential) error {
	if err := b.fault("write"); err != nil {
		return err
	}
	b.Writes++
	b.Key, b.Secret = c.Key, c.Secret.Reveal()
	return nil
}

// ReadBack compares what it holds.
func (b *Box) ReadBack(_ context.Context, c provider.Credential) error {
	if err := b.fault("readback"); err != nil {
		return err
	}
	if b.Key != c.Key || b.Secret != c.Secret.Reveal() {
		return provider.WithClass(provider.ErrVerify, errors.New("it holds something else"))
	}
	return nil
}

// Current is what it holds.
func (b *Box) Current(context.Context) (string, provider.Secret, error) {
	if b.Hidden {
		return "", provider.Secret{}, deliver.ErrNoReadBack
	}
	return b.Key, provider.NewSecret(b.Secret), nil
}
