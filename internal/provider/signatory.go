package provider

import "context"

// A Signatory is a service whose own requests may be signed by a credential of its
// kind. [ListScope] of the zero Credential then holds that one, and a credential of
// the kind has one secret as long as it exists.
type Signatory interface {
	// MaySign reports whether c may be the credential that signs the requests. False
	// is certain.
	MaySign(c Credential) bool

	// SignerOf returns the ID of the credential that signed the request which made
	// the credential with this ID, or "" where the vendor does not tell.
	SignerOf(ctx context.Context, made string) (id string, err error)
}
