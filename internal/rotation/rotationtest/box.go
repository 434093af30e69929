package rotationtest

import (
	"context"
	"errors"
	"strconv"
	"strings"

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
	Sealed      bool // it never does, and tells only how often it was set
	Mute        bool // and that neither

	Account string // that it is in

	InPlace bool   // what it holds is overwritten
	Half    func() // is called when half of that is done
}

// sealed is a Sealed box. What it has written itself, it knows.
type sealed struct {
	*Box

	wrote string
}

func (*sealed) Proof() deliver.Proof { return deliver.ByStamp }

func (s *sealed) Write(ctx context.Context, c provider.Credential) error {
	err := s.Box.Write(ctx, c)
	if err == nil {
		s.wrote = c.Secret.Reveal()
	}
	return err
}

func (s *sealed) ReadBack(_ context.Context, c provider.Credential) error {
	if s.wrote != "" && s.wrote == c.Secret.Reveal() {
		return nil
	}
	return deliver.ErrNoReadBack
}

func (s *sealed) Current(context.Context) (string, provider.Secret, error) {
	return "", provider.Secret{}, deliver.ErrNoReadBack
}

func (s *sealed) Stamp(context.Context) (string, error) {
	if s.Mute {
		return "", nil
	}
	return strconv.Itoa(s.Writes), nil
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
	if b.InPlace && b.Half != nil {
		b.Secret = c.Secret.Reveal()[:4] + "," + b.Secret
		b.Half()
	}
	b.Key, b.Secret = c.Key, c.Secret.Reveal()
	return b.fault("answer")
}

// Mixed reports whether half of a write is done.
func (b *Box) Mixed(x, y provider.Credential) bool {
	return strings.Contains(b.Secret, ",") && !x.Secret.Equal(y.Secret)
}

// Overwrites is InPlace.
func (b *Box) Overwrites() bool { return b.InPlace }

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
