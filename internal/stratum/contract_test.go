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
			provider.Create: {"name": "ci", "rate-limit-window": "1 minute"},
			provider.Rotate: {"new-name": "ci"},
		},
		Answers: vendortest.Routes{
			"GET /api/v1/api-keys":              listed,
			"GET /api/v1/api-keys/dormant":      listed,
			"POST /api/v1/api-keys":             made,
			"POST /api/v1/api-keys/{id}/rotate": made,
			"DELETE /api/v1/api-keys/{id}":      "204",
			"GET /api/v1/tenants/{id}":          `{"id":"` + acme + `"}`,
		}.Handler,
	}})
}
