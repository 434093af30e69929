package medianova

import (
	"fmt"

	"github.com/credctl/credctl/internal/provider"
)

// SecretHint says where a person finds the secret of c. No documented answer of
// the API holds it.
//
// See https://clients.medianova.com/products/object-storage-stook/manage-access-keys.
func (s *service) SecretHint(c provider.Credential) string {
	name := c.Name
	if name == "" {
		name = c.ID
	}
	return fmt.Sprintf("open Stook Object Storage, Credentials, %q in Medianova's panel and enter your login password to see the secret key", name)
}

// ExplainImpact says what an update may break.
func (s *service) ExplainImpact(v provider.Verb, _ provider.Credential, _ provider.Input) string {
	if v != provider.Update {
		return ""
	}
	return "the API only distinguishes read-only and read-write: the update may reset detailed permissions that were set in the panel"
}
