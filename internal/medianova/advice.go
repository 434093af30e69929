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
	return fmt.Sprintf("Medianova shows the secret key in its panel only: open Stook Object Storage, Credentials, %q, and enter your login password again", name)
}

// ExplainImpact says what an update may break.
func (s *service) ExplainImpact(v provider.Verb, _ provider.Credential, _ provider.Input) string {
	if v != provider.Update {
		return ""
	}
	return "the API knows of permissions only whether a credential may write: the update may reset finer ones that were picked in the panel"
}
