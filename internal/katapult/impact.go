package katapult

import (
	"fmt"

	"github.com/credctl/credctl/internal/provider"
)

// ExplainImpact says what generating breaks.
func (k *keys) ExplainImpact(v provider.Verb, c provider.Credential, _ provider.Input) string {
	if v != provider.Generate || c.Key == "" {
		return ""
	}
	return fmt.Sprintf("%s already has credentials (access key ID %s); they may stop working immediately", c.ID, c.Key)
}
