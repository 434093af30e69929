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
	return fmt.Sprintf("clients need the new secret at once, and perhaps a new access key ID in place of %s", c.Key)
}
