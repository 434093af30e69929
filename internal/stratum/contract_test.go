package stratum

import (
	"testing"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/providertest"
	"github.com/credctl/credctl/internal/provider/vendortest"
)

func TestContract(t *testing.T) {
	providertest.Run(t, Provider(), map[string]providertest.Samples{kind: {
		ID:       id2,
		Settings: map[string]string{"token-file": opKey, "tenant": acme},
		Inputs: map[provider.Verb]map[string]string{
			provider.Create: {"name": "ci", "rate-limit-window": "1 minute", "role": "readers"},
			provider.Rotate: {"new-name": "ci", "role": "readers", "rate-limit-max": "9", "rate-limit-window": "1 minute"},
		},
		Answers: vendortest.Routes{
			"GET /api/v1/api-keys":              listed,
			"GET /api/v1/api-keys/dormant":      listed,
			"POST /api/v1/api-keys":             made,
			"POST /api/v1/api-keys/{id}/rotate": made,
			"DELETE /api/v1/api-keys/{id}":      "204",
			"GET /api/v1/roles":                 roles,
			"POST /api/v1/roles/assign/{id}":    `{"success":true}`,
			"GET /api/v1/tenants/{id}":          `{"id":"` + acme + `"}`,
		}.Handler,
	}, "role": {
		ID:       role1,
		Settings: map[string]string{"token-file": opKey, "tenant": acme},
		Inputs:   map[provider.Verb]map[string]string{provider.Create: {"name": "writers", "scopes": "read,write"}},
		Answers: vendortest.Routes{
			"GET /api/v1/roles":  roles,
			"POST /api/v1/roles": `201 {"id":"` + role1 + `","name":"readers","scopes":["read"],"tenant_id":"` + acme + `"}`,
		}.Handler,
	}})
}
