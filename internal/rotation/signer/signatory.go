package signer

import (
	"context"

	"github.com/credctl/credctl/internal/provider"
)

// A Signatory is a service that may sign its requests with a credential of its kind,
// which [provider.ListScope] of the zero Credential then holds. Such a credential has
// one secret as long as it exists.
type Signatory interface {
	// MaySign reports whether c may be the one that signs. False is certain.
	MaySign(c provider.Credential) bool

	// SignerOf returns the ID of the credential that signed the request which made
	// the one with this ID, or "" where the vendor does not tell.
	SignerOf(ctx context.Context, made string) (id string, err error)
}
