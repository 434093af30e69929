package katapult

import (
	"fmt"

	"github.com/credctl/credctl/internal/provider"
)

// ExplainImpact says what else generating replaces.
func (k *keys) ExplainImpact(v provider.Verb, c provider.Credential, _ provider.Input) string {
	if v != provider.Generate || c.Key == "" {
		return ""
	}
	return fmt.Sprintf("the access key ID %s is replaced too, and clients that use it stop working immediately", c.Key)
}
