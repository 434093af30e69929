package medianova

import (
	"strings"
	"testing"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/providertest"
	"github.com/credctl/credctl/internal/provider/vendortest"
)

func TestContract(t *testing.T) {
	providertest.Run(t, Provider(), map[string]providertest.Samples{kind: {
		ID:       id1,
		Settings: map[string]string{"org": org, "token-file": bear},
		Inputs: map[provider.Verb]map[string]string{
			provider.Create: {"name": "ci", "bucket": "web"},
			provider.Update: {"new-name": "ci", "bucket": "web,logs"},
		},
		Answers: vendortest.Routes{
			"GET " + twice + "/credential":         `{"status":true,"data":[` + whole + `]}`,
			"GET " + twice + "/credential/" + id1:  got,
			"GET " + twice + "/credential/" + id2:  strings.ReplaceAll(got, id1, id2),
			"GET " + twice + "/bucket":             `{"status":true,"data":[` + object1 + `,` + object2 + `]}`,
			"POST " + twice + "/credentials":       `{"status":true,"data":{"uuid":"` + id2 + `","name":"ci","is_readonly":false,"secret_key":"` + fresh + `"}}`,
			"PUT " + twice + "/credential/{id}":    putAnswer,
			"DELETE " + twice + "/credential/{id}": `{"status":true,"message":"Credential deleted"}`,
		}.Handler,
	}})
}
