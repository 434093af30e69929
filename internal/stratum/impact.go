package stratum

import (
	"github.com/credctl/credctl/internal/provider"
)

// ExplainImpact says what a rotation does not carry over.
func (k *keys) ExplainImpact(v provider.Verb, c provider.Credential, _ provider.Input) string {
	if v != provider.Rotate || k.carries.Load() == carriesAll {
		return ""
	}
	warning := "this version of the server does not copy scopes, role, expiry and limits: the new key can read and write"
	if k.carries.Load() == carriesUnknown {
		warning = "some versions of the server do not copy scopes, role, expiry and limits: there the new key can read and write"
	}
	if !c.Expires.IsZero() {
		warning += " and never expires"
	}
	return warning
}
