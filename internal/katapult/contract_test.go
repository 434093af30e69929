package katapult_test

import (
	"testing"

	"github.com/credctl/credctl/internal/katapult"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/providertest"
	"github.com/credctl/credctl/internal/provider/vendortest"
)

func TestContract(t *testing.T) {
	providertest.Run(t, katapult.Provider(), map[string]providertest.Samples{"access-key": {
		ID:       "objkey_old",
		Settings: map[string]string{"token-file": "katapult-token-1234", "org": "acme", "region": "uk-lon-1"},
		Inputs: map[provider.Verb]map[string]string{
			provider.Create: {"name": "ci"},
			provider.Update: {"new-name": "cd", "all-objects-read": "true"},
		},
		Answers: vendortest.Routes{
			"GET /core/v1/organizations/organization/object_storage/access_keys": `{"pagination":{"current_page":1,"total_pages":1,"total":1,"per_page":100,"large_set":false},"object_storage_access_keys":[` + oldKey + `]}`,
			"GET " + keyPath:                            `{"object_storage_access_key":` + oldKey + `}`,
			"POST " + newPath:                           `201 {"object_storage_access_key":` + newKey + `}`,
			"PATCH " + keyPath:                          `{"object_storage_access_key":` + oldKey + `}`,
			"DELETE " + keyPath:                         `{"success":true}`,
			"POST " + keyPath + "/generate_credentials": `{"object_storage_access_key":` + generated + `}`,
			"GET " + bucketPath:                         bucketOf(`"objkey_old"`, ``),
			"PATCH " + bucketPath:                       bucketOf(`"objkey_old","objkey_new"`, ``),
		}.Handler,
	}})
}
