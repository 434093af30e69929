package katapult

import "github.com/credctl/credctl/internal/provider"

// ExplainImpact says what else generating replaces.
func (k *keys) ExplainImpact(v provider.Verb, c provider.Credential, _ provider.Input) string {
	if v != provider.Generate || c.Key == "" {
		return ""
	}
	return "clients need the new secret at once, and perhaps a new access key ID in place of " + c.Key
}
