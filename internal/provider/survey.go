package provider

import (
	"context"
	"iter"
)

// A Surveyor lists every credential that the token can see. A kind has it where
// a setting keeps some out of its listing, such as those of other tenants.
type Surveyor interface {
	Survey(ctx context.Context) iter.Seq2[Credential, error]
}

// Survey lists every credential of s that the token can see, whatever the settings
// keep out of its listing. It is like [Lister.List] else, and empty where s cannot list.
func Survey(ctx context.Context, s Service) iter.Seq2[Credential, error] {
	switch s := s.(type) {
	case Surveyor:
		return s.Survey(ctx)
	case Lister:
		return s.List(ctx, Input{})
	}
	return func(func(Credential, error) bool) {}
}
