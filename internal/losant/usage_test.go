package losant

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

const (
	linkedPath = "GET " + one + "/linkedResources?_embedded=true&includeCustomNodes=true"
	appPath    = "GET /applications/" + appID
)

func TestUsers(t *testing.T) {
	named := provider.Credential{ID: credID, Name: "archive"}
	tests := map[string]struct {
		linked, app string
		want        []string
	}{
		"none": {`{"integrations":{"items":[]},"flows":{"items":[],"totalCount":0},"flowVersions":{}}`, `{"archiveConfig":null}`, nil},
		"all": {
			`{"integrations":{"items":[{"id":"i1","name":"Queue","credentialName":"archive"}],"totalCount":1},
			  "flows":{"items":[{"id":"f1","name":"Night\nly","flowClass":"cloud","nodes":[{"type":"x"}]},{"id":"f2","name":"Node","flowClass":"customNode"}],"totalCount":5},
			  "flowVersions":{"items":[{"id":"v1","flowId":"f1","version":"v1.2"},{"id":"v2","flowId":"f9","version":"v3"}],"totalCount":2}}`,
			`{"archiveConfig":{"mode":"s3","credentialName":"archive","applicationExportOptions":{"credentialName":"archive"}}}`,
			[]string{
				`integration "Queue" (i1)`, `workflow "Night\nly" (f1)`, `custom node "Node" (f2)`, "3 more workflows",
				`version "v1.2" of workflow "Night\nly" (v1)`, `version "v3" of workflow f9 (v2)`, "application archive", "application export",
			},
		},
		"the archive of another": {`{}`, `{"archiveConfig":{"credentialName":"Archive","applicationExportOptions":null}}`, nil},
		"the export alone":       {`{}`, `{"archiveConfig":{"applicationExportOptions":{"credentialName":"archive"}}}`, []string{"application export"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := serve(t, step{request: linkedPath, answer: test.linked}, step{request: appPath, answer: test.app}).FindUsage(t.Context(), named)
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
	t.Run("the name is not known yet", func(t *testing.T) {
		got, err := serve(t, step{request: "GET " + one, answer: cred("aws", awsShown)}, step{request: linkedPath, answer: "{}"},
			step{request: appPath, answer: `{"archiveConfig":{"credentialName":"archive"}}`}).FindUsage(t.Context(), provider.Credential{ID: credID})
		require.NoError(t, err)
		assert.Equal(t, []string{"application archive"}, got)
	})
	t.Run("what cannot be asked is not nothing", func(t *testing.T) {
		for _, answer := range []step{{status: 500, answer: "{}"}, {status: 403, answer: "{}"}, {answer: "[]"}, {answer: "{"}} {
			answer.request = linkedPath
			_, err := serve(t, answer).FindUsage(t.Context(), named)
			require.Error(t, err)
		}
	})
	t.Run("the application may not be read", func(t *testing.T) {
		got, err := serve(t, step{request: linkedPath, answer: `{"flows":{"items":[{"id":"f1","name":"x"}]}}`}, step{request: appPath, status: 403, answer: "{}"}).FindUsage(t.Context(), named)
		require.ErrorIs(t, err, provider.ErrDenied)
		assert.Contains(t, provider.HintOf(err), "application.get")
		assert.Equal(t, []string{`workflow "x" (f1)`}, got)
	})
}
