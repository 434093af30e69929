package katapult_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func TestFailures(t *testing.T) {
	for _, c := range []struct {
		status       int
		code, detail string
		class        error
		says, hint   string
	}{
		{400, "missing_api_token", `{}`, provider.ErrDenied, "In Katapult's words.", "KATAPULT_API_TOKEN"},
		{400, "missing_required_argument", `{"path":["properties","name"],"argument":{"name":"name"}}`, provider.ErrInvalid, "at properties.name", ""},
		{400, "invalid_argument", `{"path":["per_page"],"index":null,"issue":"validation_errors","issue_description":"It is too large.","errors":["must be 200 or less"],"argument":{}}`, provider.ErrInvalid, "In Katapult's words.: at per_page: It is too large.: must be 200 or less", ""},
		{400, "invalid_json_body", `{"details":"unexpected token"}`, provider.ErrInvalid, "unexpected token", ""},
		{403, "invalid_api_token", `{"details":null}`, provider.ErrDenied, "In Katapult's words.", "KATAPULT_API_TOKEN"},
		{403, "unauthorized_network_for_api_token", `{"ip_address":"203.0.113.7"}`, provider.ErrDenied, "from 203.0.113.7", "add this network"},
		{403, "invalid_capabilities_token", `{}`, provider.ErrDenied, "", ""},
		{403, "scope_not_granted", `{"scopes":["object_storage","object_storage:read"]}`, provider.ErrDenied, "scopes object_storage, object_storage:read", "grant the API token the scopes object_storage and object_storage:read"},
		{403, "permission_denied", `{"details":"Not you."}`, provider.ErrDenied, "Not you.", ""},
		{403, "organization_suspended", `{}`, provider.ErrConflict, "", ""},
		{403, "organization_not_activated", `{}`, provider.ErrConflict, "", ""},
		{403, "object_storage_account_not_provisioned", `{}`, provider.ErrConflict, "", "console"},
		{403, "object_storage_account_suspended", `{}`, provider.ErrConflict, "", ""},
		{404, "object_storage_access_key_not_found", `{}`, provider.ErrNotFound, "", ""},
		{404, "organization_not_found", `{}`, provider.ErrNotFound, "", "--org"},
		{404, "object_storage_cluster_not_found", `{}`, provider.ErrNotFound, "", "uk-lon-01"},
		{404, "object_storage_account_not_found", `{}`, provider.ErrNotFound, "", "console"},
		{404, "route_not_found", `{}`, provider.ErrNotFound, "", ""},
		{406, "task_queueing_error", `{"details":"the queue is full"}`, provider.ErrUnavailable, "the queue is full", ""},
		{406, "object_in_trash", `{"trash_object":{"id":"trsh_1"}}`, provider.ErrConflict, "", ""},
		{422, "object_storage_provisioning_error", `{}`, provider.ErrPending, "", ""},
		{422, "validation_error", `{"errors":["Name can't be blank","Name is odd"]}`, provider.ErrInvalid, "Name can't be blank; Name is odd", ""},
		{422, "validation_error", `{"errors":"of another shape","scopes":7,"path":{}}`, provider.ErrInvalid, "In Katapult's words.", ""},
		{422, "validation_error", `null`, provider.ErrInvalid, "In Katapult's words.", ""},
		{429, "rate_limit_reached", `{"total_permitted":1000}`, provider.ErrRateLimited, "", "--max-wait 65s"},
		{503, "service_unavailable", `{}`, provider.ErrUnavailable, "", ""},
	} {
		t.Run(c.code, func(t *testing.T) {
			for form, answer := range map[string]string{
				"nested": refusal(c.code, c.detail),
				"flat":   strings.TrimSuffix(strings.TrimPrefix(refusal(c.code, c.detail), `{"error":`), "}"),
			} {
				synctest.Test(t, func(t *testing.T) {
					sent := creation()
					sent.status, sent.answer = c.status, answer
					s := play(t, sent)
					if c.status == 429 { // nothing was carried out, so it is sent again
						s.steps = slices.Repeat(s.steps, 100)
					}
					_, err := s.create("name", "ci")
					s.steps = s.steps[:len(s.requests)]
					require.ErrorIs(t, err, c.class, form)
					require.ErrorContains(t, err, c.says, form)
					require.ErrorContains(t, err, c.code, form)
					assert.Contains(t, provider.HintOf(err), c.hint, form)
				})
			}
		})
	}
}

func TestFailuresWithoutACode(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		answer string
		class  error
	}{
		"a proxy's page":    {403, "<html>who are you</html>", provider.ErrDenied},
		"an error as text":  {404, `{"error":"nothing here"}`, provider.ErrNotFound},
		"an array":          {400, `["object_storage_provisioning_error"]`, provider.ErrInvalid},
		"description null":  {400, `{"error":{"code":"x","description":null,"detail":null}}`, provider.ErrInvalid},
		"nothing":           {406, "", provider.ErrInvalid},
		"code of any shape": {422, `{"error":{"code":17}}`, provider.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := play(t, step{request: getOld, status: c.status, answer: c.answer}).get("objkey_old")
			require.ErrorIs(t, err, c.class)
			assert.NotContains(t, err.Error(), "who are you")
		})
	}
}
