package provider

import (
	"context"
	"iter"
)

// A ScopeLister lists every credential that the token can see in the same
// tenant or region as one of them. A kind has it where a setting keeps some out of its listing.
type ScopeLister interface {
	ListScope(ctx context.Context, peer Credential) iter.Seq2[Credential, error]
	Selects(c Credential) bool // whether the settings leave c in its listing
}

// ListScope is [ScopeLister.ListScope] of s; for the zero Credential, everywhere. It
// is like [Lister.List] else, and empty where s cannot list.
func ListScope(ctx context.Context, s Service, peer Credential) iter.Seq2[Credential, error] {
	switch s := s.(type) {
	case ScopeLister:
		return s.ListScope(ctx, peer)
	case Lister:
		return s.List(ctx, Input{})
	}
	return func(func(Credential, error) bool) {}
}
