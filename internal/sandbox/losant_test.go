package sandbox

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const losantPath = "/applications/" + losantApplication + "/credentials"

func TestLosantLife(t *testing.T) {
	clk := newClock()
	s := start(t, Options{Now: clk.now})
	c := s.client(t, "losant")
	made := c.do("POST", losantPath, `{"name":"s3","type":"aws","description":"d","awsConfig":{"accessKeyId":"AKIAEXAMPLE000000001","secretAccessKey":"first secret","region":"eu-west-1"}}`)
	require.Equal(t, 201, made.status, made.body)
	id := made.text(t, "id")
	assert.JSONEq(t, `{"id":"`+id+`","applicationId":"`+losantApplication+`","name":"s3","type":"aws","description":"d","enabled":true,
		"creationDate":"2026-11-22T12:00:00.000Z","createdById":"`+losantUser+`","createdByType":"apiToken",
		"lastUpdated":"2026-11-22T12:00:00.000Z","lastUpdatedById":"`+losantUser+`","lastUpdatedByType":"apiToken",
		"awsConfig":{"accessKeyId":"AKIAEXAMPLE000000001","region":"eu-west-1"}}`, made.body)
	assert.Regexp(t, `^[0-9a-f]{24}$`, id)

	clk.pass(1e9)
	patched := c.do("PATCH", losantPath+"/"+id, `{"awsConfig":{"secretAccessKey":"second secret"},"enabled":false}`)
	assert.Equal(t, 200, patched.status, patched.body)
	assert.Equal(t, "2026-11-22T12:00:01.000Z", patched.text(t, "lastUpdated"))
	assert.Equal(t, "eu-west-1", patched.text(t, "awsConfig", "region"), "a config is merged")
	assert.NotContains(t, patched.body, "secret")
	assert.Equal(t, patched.body, c.do("GET", losantPath+"/"+id, "").body)
	state := s.Credentials("losant")[5]
	assert.Equal(t, "second secret", state.Secret)
	assert.Equal(t, "AKIAEXAMPLE000000001", state.AccessKey)
	assert.False(t, state.Live, "it is disabled")

	assert.JSONEq(t, `{"success":true}`, c.do("DELETE", losantPath+"/"+id, "").body)
	gone := c.do("GET", losantPath+"/"+id, "")
	assert.Equal(t, 404, gone.status)
	assert.JSONEq(t, `{"type":"NotFound","message":"Credential was not found"}`, gone.body)
}

func TestLosantRefuses(t *testing.T) {
	s := start(t, Options{})
	c := s.client(t, "losant")
	for body, want := range map[string]string{
		`[]`:                        "body must be an object",
		`{"name":"x"}`:              "type must be one of aws, azure",
		`{"type":"aws"}`:            "name is required",
		`{"name":"x","type":"aws"}`: "awsConfig is required",
		`{"name":"","type":"sendgrid","sendgridConfig":{"apiKey":"1234"}}`:                                           "name must be a string of 1 to 255",
		`{"name":"warehouse","type":"sendgrid","sendgridConfig":{"apiKey":"1234"}}`:                                  "name must be unique",
		`{"name":"x","type":"sendgrid","sendgridConfig":{"apiKey":"123"}}`:                                           "apiKey must have at least 4",
		`{"name":"x","type":"sendgrid","sendgridConfig":{"apiKey":"1234","more":1}}`:                                 "sendgridConfig.more is not allowed",
		`{"name":"x","type":"sendgrid","sendgridConfig":{}}`:                                                         "sendgridConfig.apiKey is required",
		`{"name":"x","type":"sendgrid","sendgridConfig":1}`:                                                          "sendgridConfig must be an object",
		`{"name":"x","type":"sendgrid","sendgridConfig":{"apiKey":"1234"},"awsConfig":{}}`:                           "awsConfig is not allowed",
		`{"name":"x","type":"sendgrid","sendgridConfig":{"apiKey":"1234"},"enabled":1}`:                              "enabled must be a boolean",
		`{"name":"x","type":"sendgrid","sendgridConfig":{"apiKey":"1234"},"description":null}`:                       "description must be a string",
		`{"name":"x","type":"snowflake","snowflakeConfig":{"host":"h","username":"u"}}`:                              "requires privateKey or generatePrivateKey",
		`{"name":"x","type":"git","gitConfig":{"type":"svn","cloneUrl":"https://x"}}`:                                "must be one of ssh-key, http-password",
		`{"name":"x","type":"git","gitConfig":{"type":"ssh-key","cloneUrl":"https://x","generatePrivateKey":"yes"}}`: "must be a boolean",
		`{"name":"x","type":"sql","sqlConfig":{"system":"pg","host":"h","username":"u","password":"p","port":0}}`:    "must be an integer from 1 to 65535",
		`{"name":"x","type":"loggly","logglyConfig":{"customerToken":1}}`:                                            "must be a string",
		`{"name":"x","type":"loggly","logglyConfig":{"customerToken":"` + strings.Repeat("x", 129) + `"}}`:           "must have at most 128",
	} {
		r := c.do("POST", losantPath, body)
		assert.Equal(t, 400, r.status, body)
		assert.Equal(t, "Validation", r.text(t, "type"))
		assert.Contains(t, r.text(t, "message"), want, body)
	}
	assert.Equal(t, 400, c.do("PATCH", losantPath+"/66a0c0de5eed0000000000c1", `{"type":"aws"}`).status, "the type cannot change")
	assert.Equal(t, 400, c.do("PATCH", losantPath+"/66a0c0de5eed0000000000c1", `1`).status)
	assert.Equal(t, 401, client{t, s.URL("losant"), ""}.do("GET", losantPath, "").status)
	assert.Equal(t, "Application was not found", c.do("GET", "/applications/66a0c0de5eed000000000009/credentials", "").text(t, "message"))
	assert.Equal(t, 404, c.do("GET", "/nowhere", "").status)
	assert.Equal(t, 404, c.do("PUT", losantPath, "{}").status)
	assert.Len(t, s.Credentials("losant"), 5)
	full := start(t, Options{Quota: 5}).client(t, "losant").do("POST", losantPath, `{"name":"x","type":"sendgrid","sendgridConfig":{"apiKey":"1234"}}`)
	assert.Equal(t, 400, full.status)
	assert.Contains(t, full.body, "limit reached")
}

func TestLosantListing(t *testing.T) {
	c := start(t, Options{}).client(t, "losant")
	names := func(query string) string {
		r := c.do("GET", losantPath+query, "")
		require.Equal(t, 200, r.status, r.body)
		items, _ := r.at(t, "items").([]any)
		assert.InDelta(t, len(items), r.at(t, "count"), 0)
		var all []string
		for i := range items {
			all = append(all, r.text(t, "items", i, "name"))
		}
		return strings.Join(all, " ")
	}
	assert.Equal(t, "mqtt-client reporting warehouse erp-api archive-s3", names(""), "newest first")
	assert.Equal(t, "archive-s3 erp-api mqtt-client reporting warehouse", names("?sortField=name&sortDirection=asc"))
	assert.Equal(t, "warehouse erp-api", names("?page=1&perPage=2"), "pages count from 0")
	assert.Empty(t, names("?page=9"))
	assert.Equal(t, "erp-api archive-s3", names("?filterField=name&filter=*r*-*"))
	assert.Equal(t, "warehouse", names("?filterField=type&filter=sql"))
	assert.Equal(t, "archive-s3 mqtt-client erp-api reporting warehouse", names("?sortField=type&sortDirection=ASC"))
	assert.Equal(t, "archive-s3", names("?sortField=lastUpdated&sortDirection=asc&perPage=1"))
	for _, bad := range []string{"?page=-1", "?perPage=0", "?perPage=1001", "?perPage=x", "?sortField=id", "?sortDirection=up", "?filterField=id"} {
		assert.Equal(t, 400, c.do("GET", losantPath+bad, "").status, bad)
	}
	r := c.do("GET", losantPath+"?filterField=type&filter=aws&perPage=1", "")
	assert.InDelta(t, 1, r.at(t, "totalCount"), 0)
	assert.Equal(t, "aws", r.text(t, "filter"))
	c.do("DELETE", losantPath+"/66a0c0de5eed0000000000c1", "")
	assert.Empty(t, names("?filterField=type&filter=aws&perPage=1"), "a change makes the kept view old")
}

func TestLosantGlob(t *testing.T) {
	for _, tc := range []struct {
		pattern, text string
		want          bool
	}{{"aws", "aws", true}, {"aws", "aws2", false}, {"*", "", true}, {"a*", "ba", false}, {"a*b*c", "a1b2c", true}, {"a*b*c", "a1c", false}, {"a*a", "a", false}} {
		assert.Equal(t, tc.want, glob(tc.pattern, tc.text), tc.pattern+" "+tc.text)
	}
}

func TestLosantKeysThatTheServerMakes(t *testing.T) {
	s := start(t, Options{})
	c := s.client(t, "losant")
	git := c.do("POST", losantPath, `{"name":"git","type":"git","gitConfig":{"type":"ssh-key","cloneUrl":"git@example.com:x.git","generatePrivateKey":true}}`)
	require.Equal(t, 201, git.status, git.body)
	first := git.text(t, "gitConfig", "publicKey")
	assert.True(t, strings.HasPrefix(first, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"), first)
	renamed := c.do("PATCH", losantPath+"/"+git.text(t, "id"), `{"gitConfig":{"username":"u"}}`)
	assert.Equal(t, first, renamed.text(t, "gitConfig", "publicKey"), "nothing asked for a new pair")
	again := c.do("PATCH", losantPath+"/"+git.text(t, "id"), `{"gitConfig":{"generatePrivateKey":true}}`)
	assert.NotEqual(t, first, again.text(t, "gitConfig", "publicKey"))
	assert.NotContains(t, again.body, "PRIVATE")
	assert.Contains(t, s.Credentials("losant")[5].Secret, "PRIVATE KEY")
	given := c.do("PATCH", losantPath+"/"+git.text(t, "id"), `{"gitConfig":{"secretValue":"mine"}}`)
	assert.NotContains(t, given.body, "publicKey")
	verbs := []string{}
	for _, r := range s.Requests("losant") {
		verbs = append(verbs, r.Verb)
	}
	assert.Equal(t, []string{"create", "update", "generate", "update"}, verbs)

	snow := c.do("POST", losantPath, `{"name":"snow","type":"snowflake","snowflakeConfig":{"host":"h","username":"u","generatePrivateKey":true}}`)
	block, _ := pem.Decode([]byte(snow.text(t, "snowflakeConfig", "publicKey")))
	require.NotNil(t, block)
	_, err := x509.ParsePKIXPublicKey(block.Bytes)
	require.NoError(t, err)
	odd := c.do("PATCH", losantPath+"/"+snow.text(t, "id"), `{"snowflakeConfig":{"privateKey":"no key"}}`)
	assert.Contains(t, odd.text(t, "snowflakeConfig", "publicKey"), "not PEM")

	account, _ := json.Marshal(map[string]string{"client_email": "a@b.example", "private_key": "hush"})
	gcp := c.do("POST", losantPath, `{"name":"gcp","type":"gcp","gcpConfig":{"keyJson":`+strconv.Quote(string(account))+`}}`)
	assert.JSONEq(t, `{"client_email":"a@b.example"}`, gcp.text(t, "gcpConfig", "keyMetaJson"))
	assert.NotContains(t, gcp.body, "hush")
	for i, kind := range []string{"sendgrid", "mailgun"} {
		r := c.do("POST", losantPath, `{"name":"`+strconv.Itoa(i)+`","type":"`+kind+`","`+kind+`Config":{"apiKey":"12345"}}`)
		assert.Empty(t, r.at(t, kind+"Config"))
	}
}

func TestLosantCertificateAndUses(t *testing.T) {
	c := start(t, Options{}).client(t, "losant")
	cert := c.do("GET", losantPath+"/66a0c0de5eed0000000000c5", "")
	assert.Equal(t, "2027-07-01T00:00:00.000Z", cert.text(t, "certificateKeyPairConfig", "info", "notValidAfter"))
	assert.Equal(t, "mqtt-client.example.com", cert.text(t, "certificateKeyPairConfig", "info", "commonName"))
	assert.Equal(t, "5e:ed:20:26", cert.text(t, "certificateKeyPairConfig", "info", "serialNumber"))
	odd := c.do("PATCH", losantPath+"/66a0c0de5eed0000000000c5", `{"certificateKeyPairConfig":{"certificate":"none"}}`)
	assert.NotContains(t, odd.body, "info")

	sql := losantPath + "/66a0c0de5eed0000000000c3"
	used := c.do("GET", sql+"/linkedResources", "")
	assert.Equal(t, "Orders queue", used.text(t, "integrations", "items", 0, "name"))
	assert.Equal(t, "Nightly export", used.text(t, "flows", "items", 0, "name"))
	assert.Equal(t, losantFlow, used.text(t, "flowVersions", "items", 0, "flowId"))
	assert.Nil(t, used.at(t, "flowVersions", "items", 0, "name"), "a version has none")
	assert.Equal(t, "archive-s3", c.do("GET", "/applications/"+losantApplication, "").text(t, "archiveConfig", "credentialName"))
	cleared := c.do("PATCH", sql, `{"sqlConfig":{"port":null},"name":"renamed"}`)
	assert.NotContains(t, cleared.body, "port", "null clears a port")
	assert.Empty(t, c.do("GET", sql+"/linkedResources", "").at(t, "flows", "items"), "uses are by name")
}
