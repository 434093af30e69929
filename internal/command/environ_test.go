package command

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/credctl/credctl/internal/provider"
)

func TestEnviron(t *testing.T) {
	user := []string{
		"LANG=C", "VAULT_TOKEN=stays", "CREDCTL_PROFILE=stays", "KATAPULT_REGION=stays", "STRATUM_API_KEY_FILE=stays", "CREDCTL_NAME=before",
		"CREDCTL_LOSANT_TOKEN=x", "KATAPULT_API_TOKEN=x", "KATAPULT_API_KEY=x", "katapult_secret=x", "STRATUM_BEARER_TOKEN=x",
	}
	c := provider.Credential{
		Provider: "katapult", Kind: "access-key", ID: "objkey_1", Name: "it's \"ci\"", Key: "AKIA",
		Endpoint: "https://s3.example.com", Region: "uk\x00lon", Secret: provider.NewSecret("hunter2"),
	}
	assert.Equal(t, []string{
		"LANG=C", "VAULT_TOKEN=stays", "CREDCTL_PROFILE=stays", "KATAPULT_REGION=stays", "STRATUM_API_KEY_FILE=stays", "CREDCTL_NAME=before",
		"CREDCTL_PROVIDER=katapult", "CREDCTL_KIND=access-key", "CREDCTL_ID=objkey_1", "CREDCTL_NAME=it's \"ci\"", "CREDCTL_KEY=AKIA",
		"CREDCTL_ENDPOINT=https://s3.example.com", "CREDCTL_REGION=",
	}, Environ(user, []string{"STRATUM_BEARER_TOKEN"}, c), "the last value of a variable counts")
}
