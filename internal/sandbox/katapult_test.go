package sandbox

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	katapultKeyPath = "/core/v1/object_storage/access_keys/access_key"
	katapultCreate  = "/core/v1/organizations/organization/object_storage/object_storage_cluster/access_keys"
	katapultKeys    = "/core/v1/organizations/organization/object_storage/access_keys"
	katapultList    = katapultKeys + "?organization%5Bsub_domain%5D=acme"
	katapultBuckets = "/core/v1/object_storage/object_storage_cluster/buckets/bucket"
	katapultWeb     = "objkey_sbxWebAssets0002"
)

func katapultBody(name string) string {
	return `{"organization":{"sub_domain":"acme"},"object_storage_cluster":{"region":"uk-lon-1"},"properties":{"name":"` + name + `","all_buckets_read":true}}`
}

func TestKatapultLife(t *testing.T) {
	clk := newClock()
	s := start(t, Options{Now: clk.now})
	c := s.client(t, "katapult")
	made := c.do("POST", katapultCreate, katapultBody("ci"))
	require.Equal(t, 201, made.status, made.body)
	id := made.text(t, "object_storage_access_key", "id")
	assert.Regexp(t, `^objkey_[A-Za-z0-9]{16}$`, id)
	assert.JSONEq(t, `{"object_storage_access_key":{"id":"`+id+`","name":"ci","created_at":1795348800,"region":"uk-lon-1","state":"pending",
		"all_buckets_read":true,"all_objects_read":false,"all_objects_write":false,"read_buckets":[],"write_buckets":[],
		"server_url":null,"s3_access_key_id":null,"s3_secret_access_key":null}}`, made.body)
	assert.Regexp(t, `^[0-9a-f-]{36}$`, made.header.Get("X-Request-Id"))
	assert.Regexp(t, `^W/"[0-9a-f]{32}"$`, made.header.Get("Etag"))
	assert.Empty(t, made.header.Get("X-Api-Schema"))

	lookup := `{"access_key":{"id":"` + id + `"}}`
	early := c.do("POST", katapultKeyPath+"/generate_credentials", lookup)
	assert.Equal(t, 422, early.status)
	assert.JSONEq(t, `{"error":{"code":"object_storage_provisioning_error","description":"Provisioning is in progress. Please try again later.","detail":{}}}`, early.body)
	assert.Equal(t, "json-error", early.header.Get("X-Api-Schema"))
	assert.Empty(t, early.header.Get("Etag"))

	clk.pass(3 * time.Second)
	pair := c.do("POST", katapultKeyPath+"/generate_credentials", lookup)
	require.Equal(t, 200, pair.status, pair.body)
	access, secret := pair.text(t, "object_storage_access_key", "s3_access_key_id"), pair.text(t, "object_storage_access_key", "s3_secret_access_key")
	assert.Regexp(t, `^[0-9a-f]{32}$`, access)
	assert.Len(t, secret, 32)
	assert.Equal(t, s.s3.address(), pair.text(t, "object_storage_access_key", "server_url"))
	assert.Equal(t, "pending", pair.text(t, "object_storage_access_key", "state"))
	assert.True(t, s.Authenticates(access, secret))

	get := func() reply { return c.do("GET", katapultKeyPath+"?access_key%5Bid%5D="+id, "") }
	assert.Equal(t, "pending", get().text(t, "object_storage_access_key", "state"))
	clk.pass(time.Second)
	one := get()
	assert.Equal(t, "configured", one.text(t, "object_storage_access_key", "state"))
	assert.Nil(t, one.at(t, "object_storage_access_key", "s3_secret_access_key"))

	patched := c.do("PATCH", katapultKeyPath, `{"access_key":{"id":"`+id+`"},"properties":{"name":"ci-2","all_objects_read":true}}`)
	assert.Equal(t, "pending", patched.text(t, "object_storage_access_key", "state"))
	assert.Equal(t, true, patched.at(t, "object_storage_access_key", "all_buckets_read"), "what is left out keeps its value")
	assert.Equal(t, access, patched.text(t, "object_storage_access_key", "s3_access_key_id"))

	second := c.do("POST", katapultKeyPath+"/generate_credentials", lookup)
	assert.NotEqual(t, access, second.text(t, "object_storage_access_key", "s3_access_key_id"))
	assert.False(t, s.Authenticates(access, secret), "the old pair dies at once")

	assert.JSONEq(t, `{"success":true}`, c.do("DELETE", katapultKeyPath, lookup).body)
	assert.Equal(t, 404, c.do("DELETE", katapultKeyPath, lookup).status)
	assert.Equal(t, 404, get().status)
	verbs := []string{}
	for _, r := range s.Requests("katapult") {
		verbs = append(verbs, r.Verb)
	}
	assert.Equal(t, []string{"create", "generate", "generate", "get", "get", "update", "generate", "delete", "delete", "get"}, verbs)
}

func TestKatapultErrors(t *testing.T) {
	s := start(t, Options{})
	for _, tc := range []struct {
		name, method, path, body string
		status                   int
		code                     string
	}{
		{"no such route", "GET", "/core/v1/nowhere", "", 404, "route_not_found"},
		{"no prefix", "GET", "/organizations", "", 404, "route_not_found"},
		{"bad JSON", "POST", katapultCreate, `{`, 400, "invalid_json_body"},
		{"both lookups", "GET", katapultList + "&organization[id]=" + katapultOrg, "", 400, "invalid_argument"},
		{"empty lookup", "POST", katapultCreate, `{"organization":{}}`, 400, "invalid_argument"},
		{"no lookup", "GET", katapultKeys, "", 404, "organization_not_found"},
		{"another organization", "GET", katapultKeys + "?organization[id]=org_x", "", 404, "organization_not_found"},
		{"page 0", "GET", katapultList + "&page=0", "", 400, "invalid_argument"},
		{"too large a page", "GET", katapultList + "&per_page=201", "", 400, "invalid_argument"},
		{"unknown region", "POST", katapultCreate, `{"organization":{"id":"` + katapultOrg + `"},"object_storage_cluster":{"region":"mars-1"},"properties":{"name":"x"}}`, 404, "object_storage_cluster_not_found"},
		{"no properties", "POST", katapultCreate, `{"organization":{"sub_domain":"acme"},"object_storage_cluster":{"region":"uk-lon-1"}}`, 400, "missing_required_argument"},
		{"no name", "PATCH", katapultKeyPath, `{"access_key":{"id":"` + katapultWeb + `"},"properties":{"all_objects_read":true}}`, 400, "missing_required_argument"},
		{"blank name", "PATCH", katapultKeyPath, `{"access_key":{"id":"` + katapultWeb + `"},"properties":{"name":" "}}`, 422, "validation_error"},
		{"name a number", "PATCH", katapultKeyPath, `{"access_key":{"id":"` + katapultWeb + `"},"properties":{"name":1}}`, 400, "invalid_argument"},
		{"flag a word", "PATCH", katapultKeyPath, `{"access_key":{"id":"` + katapultWeb + `"},"properties":{"name":"x","all_objects_read":"yes"}}`, 400, "invalid_argument"},
		{"no key", "GET", katapultKeyPath, "", 404, "object_storage_access_key_not_found"},
		{"unknown bucket", "GET", katapultBuckets + "?object_storage_cluster[region]=uk-lon-1&bucket[name]=x", "", 404, "object_storage_bucket_not_found"},
		{"bucket without a region", "GET", katapultBuckets + "?bucket[name]=backups", "", 404, "object_storage_cluster_not_found"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := s.client(t, "katapult").do(tc.method, tc.path, tc.body)
			assert.Equal(t, tc.status, r.status, r.body)
			assert.Equal(t, tc.code, r.text(t, "error", "code"))
			assert.Equal(t, "json-error", r.header.Get("X-Api-Schema"))
		})
	}
	bucket := s.client(t, "katapult").do("GET", katapultBuckets+"?object_storage_cluster[region]=uk-lon-1&bucket[name]=x", "")
	assert.Equal(t, "No object storage bucket was found matching any of the criteria provided in the arguments", bucket.text(t, "error", "description"), "without a full stop, which that of a key has")
	none := client{t, s.URL("katapult"), ""}.do("GET", katapultList, "")
	assert.Equal(t, 400, none.status)
	assert.Equal(t, "missing_api_token", none.text(t, "error", "code"))
	bad := client{t, s.URL("katapult"), "Authorization: Bearer x"}.do("GET", katapultList, "")
	assert.Equal(t, 403, bad.status)
	assert.Equal(t, "invalid_api_token", bad.text(t, "error", "code"))
	full := start(t, Options{Quota: 3}).client(t, "katapult").do("POST", katapultCreate, katapultBody("x"))
	assert.Equal(t, 422, full.status)
	assert.Contains(t, full.text(t, "error", "detail", "errors", 0), "limit reached")
	ignored := s.client(t, "katapult").do("POST", katapultCreate, katapultBody("x"), "Content-Type: text/plain")
	assert.Equal(t, "organization_not_found", ignored.text(t, "error", "code"), "a body of another type is not looked at")
}

func TestKatapultPages(t *testing.T) {
	s := start(t, Options{Count: 5})
	r := s.client(t, "katapult").do("GET", katapultList+"&page=2&per_page=5", "")
	assert.Equal(t, map[string]any{"current_page": 2.0, "total_pages": 2.0, "total": 8.0, "per_page": 5.0, "large_set": false}, r.at(t, "pagination"))
	assert.Len(t, r.at(t, "object_storage_access_keys"), 3)
	assert.Equal(t, []any{"web-assets"}, r.at(t, "object_storage_access_keys", 1, "read_buckets"))
	assert.Empty(t, s.client(t, "katapult").do("GET", katapultList+"&page=9", "").at(t, "object_storage_access_keys"))
	r = start(t, Options{KatapultLargeSet: true}).client(t, "katapult").do("GET", katapultList, "")
	assert.Equal(t, map[string]any{"current_page": 1.0, "total_pages": nil, "total": nil, "per_page": 30.0, "large_set": true}, r.at(t, "pagination"))
}

func TestKatapultGrants(t *testing.T) {
	s := start(t, Options{ProvisionDelay: -1})
	c := s.client(t, "katapult")
	id := c.do("POST", katapultCreate, katapultBody("x")).text(t, "object_storage_access_key", "id")
	target := `"object_storage_cluster":{"region":"uk-lon-1"},"bucket":{"name":"web-assets"}`
	r := c.do("PATCH", katapultBuckets, `{`+target+`,"properties":{"access_control_list":{"read_key_ids":["`+katapultWeb+`","`+id+`"],"public_list":true}}}`)
	require.Equal(t, 200, r.status, r.body)
	acl := r.at(t, "object_storage_bucket", "access_control_list")
	assert.Equal(t, map[string]any{
		"public_read": false, "public_list": true, "all_keys_read": false, "all_keys_write": false,
		"read_key_ids": []any{katapultWeb, id}, "write_key_ids": []any{katapultWeb},
	}, acl, "a list that is left out keeps its value")
	one := c.do("GET", katapultKeyPath+"?access_key[id]="+id, "")
	assert.Equal(t, []any{"web-assets"}, one.at(t, "object_storage_access_key", "read_buckets"))
	assert.Empty(t, one.at(t, "object_storage_access_key", "write_buckets"))
	assert.Equal(t, []string{"read:web-assets"}, s.Credentials("katapult")[3].Grants)
	assert.Equal(t, 404, c.do("PATCH", katapultBuckets, `{`+target+`,"properties":{"access_control_list":{"read_key_ids":["objkey_x"]}}}`).status)

	c.do("DELETE", katapultKeyPath, `{"access_key":{"id":"`+katapultWeb+`"}}`)
	got := c.do("GET", katapultBuckets+"?object_storage_cluster[region]=uk-lon-1&bucket[name]=web-assets", "")
	assert.Equal(t, []any{id}, got.at(t, "object_storage_bucket", "access_control_list", "read_key_ids"))
	assert.Equal(t, "acme", c.do("GET", "/core/v1/organizations", "").text(t, "organizations", 0, "sub_domain"))
	account := c.do("GET", "/core/v1/organizations/organization/object_storage/object_storage_cluster?organization[id]="+katapultOrg+"&object_storage_cluster[region]=uk-lon-1", "")
	assert.Equal(t, "provisioned", account.text(t, "object_storage_account", "provisioning_state"))
}
