package sandbox

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/conformance"
)

// TestKatapultConformance lets access keys live as they were recorded, and holds
// each answer against the recorded one, and against the OpenAPI document.
func TestKatapultConformance(t *testing.T) {
	published := conformance.OpenPublished(t, "katapult")
	rec, document := published.Recordings(), published.OpenAPI("object-storage.openapi.json")
	c := newClock()
	m := newMirror(t, "katapult", Options{Now: c.now})
	m.names["terraform-acc-test"] = katapultSubDomain
	schema := func(e conformance.Exchange, status int) *jsonschema.Schema {
		return document.Answer(e.Method, strings.TrimPrefix(e.Path, katapultPrefix), status)
	}
	// holds compares the names and types of an answer, its state, and all of an error.
	holds := func(name string) reply {
		t.Helper()
		e := rec.Take(name)
		r := m.send(e)
		m.like(e, r)
		if e.Status >= http.StatusBadRequest {
			assert.JSONEq(t, e.Answer, r.body, name)
		} else {
			assert.Empty(t, conformance.ShapeDiff(t, e.Answer, r.body), name)
		}
		assert.Empty(t, conformance.Check(t, schema(e, r.status), r.body), name)
		for _, object := range []string{"object_storage_access_key", "object_storage_bucket"} {
			if recorded, is := e.At(t, object).(map[string]any); is {
				assert.Equal(t, recorded["state"], r.at(t, object, "state"), name)
			}
		}
		return r
	}
	key := []any{"object_storage_access_key", "id"}
	create, generate := rec.Take("access_key_create_201"), rec.Take("generate_credentials_200")
	furnish := func(id string) { // what was not recorded of a key
		t.Helper()
		c.pass(time.Minute)
		e := generate
		e.Body = strings.ReplaceAll(e.Body, create.At(t, key...).(string), id)
		require.Equal(t, http.StatusOK, m.send(e).status)
	}
	mint := func(id string) {
		t.Helper()
		m.names[id] = m.send(create).text(t, key...)
		furnish(id)
	}

	for _, seeded := range []string{"objkey_sbxBackup0000001", "objkey_sbxWebAssets0002", "objkey_sbxStaging000003"} {
		m.names[create.At(t, key...).(string)] = seeded
		holds("access_key_delete_200")
	}
	holds("access_keys_list_200_empty")

	m.learn(t, create, holds("access_key_create_201"), key...)
	holds("generate_credentials_422_provisioning")
	c.pass(time.Minute)
	holds("generate_credentials_200")
	holds("access_key_get_200_pending")
	c.pass(time.Second)
	holds("access_key_get_200_configured")
	holds("access_key_delete_200")
	holds("access_key_get_404")

	mint("objkey_Bq1HmhuWQTI7OrtF")
	holds("access_key_patch_200_name")
	m.learn(t, rec.Take("access_key_create_201_global_permissions"), holds("access_key_create_201_global_permissions"), key...)
	furnish("objkey_WTI41KbUBGJh467n")
	holds("access_key_patch_200_permissions")

	holds("bucket_get_404")
	m.names["tf-acc-test-buckets-oh0kwdanbhtl-bkt"] = "web-assets"
	mint("objkey_wqCA2aLbrZyPZpjB")
	grant := rec.Take("bucket_patch_200_revoke_keys")
	grant.Body = strings.NewReplacer("[]", `["objkey_wqCA2aLbrZyPZpjB"]`).Replace(grant.Body)
	require.Equal(t, http.StatusOK, m.send(grant).status)
	c.pass(time.Second)
	granted := m.there(holds("access_key_get_200_with_buckets").body)
	assert.Equal(t, rec.Take("access_key_get_200_with_buckets").At(t, "object_storage_access_key", "read_buckets"), reply{body: granted}.at(t, "object_storage_access_key", "read_buckets"))
	holds("bucket_get_200")
	holds("bucket_patch_200_revoke_keys")
	holds("account_get_200_provisioned")

	invalid, blank := rec.Take("validation_error_422_other_endpoint"), create // recorded of an endpoint that is not served
	blank.Body = strings.ReplaceAll(blank.Body, "tf-acc-test-minimal-0pvcaetpzwei", " ")
	r := m.send(blank)
	m.like(invalid, r)
	assert.Empty(t, conformance.ShapeDiff(t, invalid.Answer, r.body))
	assert.Equal(t, invalid.At(t, "error", "code"), r.at(t, "error", "code"))
	assert.Equal(t, invalid.At(t, "error", "description"), r.at(t, "error", "description"))

	t.Run("a full listing", func(t *testing.T) {
		list := rec.Take("access_keys_list_200_empty")
		assert.Empty(t, conformance.Check(t, schema(list, http.StatusOK), m.send(list).body))
	})
	t.Run("organizations", func(t *testing.T) {
		e := conformance.Exchange{Method: http.MethodGet, Path: katapultPrefix + "/organizations", Query: url.Values{}}
		assert.Empty(t, conformance.Check(t, schema(e, http.StatusOK), m.send(e).body))
	})
	t.Run("faults", func(t *testing.T) {
		for _, at := range []conformance.Exchange{rec.Take("access_key_delete_200"), rec.Take("access_key_patch_200_name"), generate} {
			for _, status := range []int{403, 404, 406, 422, 429, 503, 504} {
				if s := schema(at, status); s != nil {
					assert.Empty(t, conformance.Check(t, s, string(encode((&katapult{}).refuse(status, "").body))), "%s: %d", at.Name, status)
				}
			}
		}
	})
	rec.Without("the sandbox has one account and its buckets, and no trash", "account_create_201", "account_delete_200", "account_get_404", "account_get_200_provisioning",
		"trash_object_get_200", "trash_object_get_404", "trash_object_purge_200", "bucket_create_201_key_acl", "bucket_delete_200")
}
