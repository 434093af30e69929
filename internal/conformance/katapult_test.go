package conformance_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/conformance"
	"github.com/credctl/credctl/internal/katapult"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/provider/providertest"
)

const (
	recordedKey    = "objkey_EKEAMCHzkhba9uak"
	recordedName   = "tf-acc-test-minimal-0pvcaetpzwei"
	recordedBucket = "tf-acc-test-buckets-oh0kwdanbhtl-bkt"
)

type exchanges = []conformance.Exchange

// TestKatapult holds what the adapter sends and understands against recordings
// of the live API, and against the OpenAPI document with the recordings' corrections.
func TestKatapult(t *testing.T) {
	published := conformance.OpenPublished(t, "katapult")
	rec, document := published.Recordings(), published.OpenAPI("object-storage.openapi.json")
	created, provisioning, generated := rec.Take("access_key_create_201"), rec.Take("generate_credentials_422_provisioning"), rec.Take("generate_credentials_200")
	everything := rec.Take("access_key_create_201_global_permissions")
	configured, pending, granted := rec.Take("access_key_get_200_configured"), rec.Take("access_key_get_200_pending"), rec.Take("access_key_get_200_with_buckets")
	renamed, reduced := rec.Take("access_key_patch_200_name"), rec.Take("access_key_patch_200_permissions")
	bucket, noBucket := rec.Take("bucket_get_200"), rec.Take("bucket_get_404")
	empty := rec.Take("access_keys_list_200_empty")
	gone, deleted := rec.Take("access_key_get_404"), rec.Take("access_key_delete_200")
	old := provider.Credential{ID: "objkey_wqCA2aLbrZyPZpjB", Name: recordedName, Region: "uk-lon-1", Scopes: []string{"read:" + recordedBucket, "write:" + recordedBucket}}

	for name, c := range map[string]conformance.Hearing{
		"an empty list": {Verb: provider.List, Play: exchanges{empty}, Check: func(t *testing.T, got []provider.Credential, err error) {
			require.NoError(t, err)
			assert.Empty(t, got)
		}},
		"configured": {Verb: provider.Get, ID: recordedKey, Play: exchanges{configured}, Check: katapultUnderstood(configured)},
		"pending":    {Verb: provider.Get, ID: recordedKey, Play: exchanges{pending}, Check: katapultUnderstood(pending)},
		"buckets":    {Verb: provider.Get, ID: old.ID, Play: exchanges{granted}, Check: katapultUnderstood(granted)},
		"not found":  {Verb: provider.Get, ID: recordedKey, Play: exchanges{gone}, Check: katapultRefused(gone, provider.ErrNotFound)},

		"create": {
			Verb: provider.Create, Inputs: []string{"name", recordedName}, Play: exchanges{created, provisioning, provisioning, generated},
			Check: katapultUnderstood(generated),
		},
		"create with all rights": {
			Verb: provider.Create, Inputs: []string{"name", "tf-acc-test-update-permissions-lsehxhhub4ng", "all-buckets-read", "true", "all-objects-read", "true", "all-objects-write", "true", "no-generate", "true"},
			Play: exchanges{everything}, Check: katapultUnderstood(everything),
		},
		"generate": {Verb: provider.Generate, ID: recordedKey, Play: exchanges{generated}, Check: katapultUnderstood(generated)},
		"rename": {
			Verb: provider.Update, ID: "objkey_Bq1HmhuWQTI7OrtF", Inputs: []string{"new-name", "tf-acc-test-update-name-10dkumxii7qm-updated"},
			Play: exchanges{katapultBefore(t, configured, renamed, "name", "as it was"), renamed}, Check: katapultUnderstood(renamed),
		},
		"take rights": {
			Verb: provider.Update, ID: "objkey_WTI41KbUBGJh467n", Inputs: []string{"all-buckets-read", "false", "all-objects-read", "false", "all-objects-write", "false"},
			Play: exchanges{katapultBefore(t, configured, reduced, "all_objects_write", true), reduced}, Check: katapultUnderstood(reduced),
		},
		"delete": {Verb: provider.Delete, ID: recordedKey, Play: exchanges{deleted}},
		"delete again": {
			Verb: provider.Delete, ID: recordedKey, Play: exchanges{gone.AnswerOnly()}, // only its GET was recorded
			Check: func(t *testing.T, _ []provider.Credential, err error) { require.ErrorIs(t, err, provider.ErrAbsent) },
		},

		// The recorded change of a bucket takes all keys off its lists, and credctl
		// adds one: the form is the same, and the answer shows the key in neither.
		"a bucket that lets nobody in": {
			Verb: providertest.Replace, Old: old, Play: exchanges{created, generated, bucket, rec.Take("bucket_patch_200_revoke_keys").Alike()},
			Check: func(t *testing.T, got []provider.Credential, err error) {
				require.ErrorIs(t, err, provider.ErrPartial)
				require.ErrorContains(t, err, recordedKey+" still has no access")
				katapultUnderstood(generated)(t, got, nil)
			},
		},
		"a bucket that is not there": {
			Verb: providertest.Replace, Old: old, Play: exchanges{created, generated, noBucket}, Check: katapultRefused(noBucket, provider.ErrPartial),
		},
	} {
		t.Run(name, func(t *testing.T) { runKatapult(t, c, document) })
	}

	for name, class := range map[string]error{ // recorded elsewhere: what counts is how the adapter reads the answer
		"generate_credentials_422_provisioning": provider.ErrPending, // which a generate would wait for
		"account_get_404":                       provider.ErrNotFound,
		"trash_object_get_404":                  provider.ErrNotFound,
		"validation_error_422_other_endpoint":   provider.ErrInvalid,
	} {
		e := rec.Take(name)
		c := conformance.Hearing{Verb: provider.Get, ID: recordedKey, Play: exchanges{e.AnswerOnly()}, Check: katapultRefused(e, class)}
		t.Run(name, func(t *testing.T) { runKatapult(t, c, document) })
	}
	rec.Without("credctl has nothing to do with accounts and the trash, and makes no buckets", "account_create_201", "account_delete_200",
		"account_get_200_provisioned", "account_get_200_provisioning", "trash_object_get_200", "trash_object_purge_200", "bucket_create_201_key_acl", "bucket_delete_200")
}

// runKatapult runs a hearing, whose requests have the bodies that the document demands.
func runKatapult(t *testing.T, h conformance.Hearing, document *conformance.OpenAPI) {
	t.Helper()
	h.Provider, h.Settings = katapult.Provider(), []string{"token-file", "t", "org", "terraform-acc-test", "region", "uk-lon-1"}
	h.Sent = func(t *testing.T, sent conformance.Sent) {
		body := document.Body(sent.Method, strings.TrimPrefix(sent.Path, "/core/v1"))
		if assert.Equal(t, body != nil, sent.Body != "", "%s %s has a body", sent.Method, sent.Path) && body != nil {
			assert.Empty(t, conformance.Check(t, body, sent.Body), "%s %s", sent.Method, sent.Path)
		}
	}
	h.Run(t)
}

// TestKatapultNames holds the names and types that the adapter decodes against
// those of the OpenAPI document.
func TestKatapultNames(t *testing.T) {
	document := conformance.OpenPublished(t, "katapult").OpenAPI("object-storage.openapi.json")
	e := conformance.Exchange{Status: 200, Answer: `{"object_storage_access_key":` + conformance.Sample(t, document.Schema("ObjectStorageAccessKey")) + `}`}
	id, _ := e.At(t, "object_storage_access_key", "id").(string)
	runKatapult(t, conformance.Hearing{Verb: provider.Get, ID: id, Play: exchanges{e.AnswerOnly()}, Check: katapultUnderstood(e)}, document)
}

// katapultBefore is get with the key that an update answers, one member of it being other.
func katapultBefore(t *testing.T, get, update conformance.Exchange, name string, value any) conformance.Exchange {
	t.Helper()
	key := update.At(t, "object_storage_access_key").(map[string]any)
	key[name] = value
	b, err := json.Marshal(map[string]any{"object_storage_access_key": key})
	require.NoError(t, err)
	get.Query, get.Answer = map[string][]string{"access_key[id]": {key["id"].(string)}}, string(b)
	return get
}

func katapultRefused(e conformance.Exchange, class error) func(*testing.T, []provider.Credential, error) {
	return func(t *testing.T, _ []provider.Credential, err error) {
		said := e.At(t, "error").(map[string]any)
		words := []any{said["description"]}
		if errs, ok := said["detail"].(map[string]any)["errors"].([]any); ok {
			words = append(words, errs...)
		}
		e.Refused(t, err, class, said["code"], words...)
	}
}

// katapultUnderstood checks that the adapter understood each member of the key in an answer.
func katapultUnderstood(e conformance.Exchange) func(*testing.T, []provider.Credential, error) {
	return func(t *testing.T, got []provider.Credential, err error) {
		require.NoError(t, err)
		require.Len(t, got, 1)
		key := e.At(t, "object_storage_access_key").(map[string]any)
		text := func(name string) string { s, _ := key[name].(string); return s }
		want := provider.Credential{
			Provider: "katapult", Kind: "access-key", ID: text("id"), Name: text("name"), Key: text("s3_access_key_id"), Status: text("state"),
			Created: time.Unix(int64(key["created_at"].(float64)), 0).UTC(), Region: text("region"), Scopes: katapultScopes(key),
		}
		if server := text("server_url"); server != "" {
			want.Endpoint = "https://" + strings.TrimSuffix(server, ":443") // that is what https means
		}
		have := got[0]
		assert.Equal(t, text("s3_secret_access_key"), have.Secret.Reveal())
		if text("s3_secret_access_key") != "" {
			key["s3_secret_access_key"] = provider.Redacted
		}
		for name, v := range key {
			if v == nil {
				delete(key, name) // what Katapult does not say is not shown
			}
		}
		assert.Equal(t, any(key), any(objectOf(t, jsonOf(t, have.Details))))
		have.Secret, have.Details = provider.Secret{}, nil
		assert.Equal(t, want, have)
	}
}

func katapultScopes(key map[string]any) []string {
	all := []string{}
	for name, scope := range map[string]string{"all_buckets_read": "all-buckets-read", "all_objects_read": "all-objects-read", "all_objects_write": "all-objects-write"} {
		if key[name] == true {
			all = append(all, scope)
		}
	}
	for name, scope := range map[string]string{"read_buckets": "read:", "write_buckets": "write:"} {
		for _, bucket := range key[name].([]any) {
			all = append(all, scope+bucket.(string))
		}
	}
	slices.Sort(all)
	return all
}
