package medianova

import (
	"github.com/credctl/credctl/internal/provider"
)

// ExplainImpact says what an update may break.
func (s *service) ExplainImpact(v provider.Verb, _ provider.Credential, _ provider.Input) string {
	if v != provider.Update {
		return ""
	}
	return "the API knows of permissions only whether a credential may write: the update may reset finer ones that were picked in the panel"
}
