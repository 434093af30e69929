package sandbox

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	medianovaPath      = "/api/api/v2/stook/" + medianovaOrg
	medianovaWebAssets = "5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c1"
)

func medianovaBody(name string) string {
	return `{"name":"` + name + `","is_readonly":false,"buckets":["` + medianovaAssets + `"]}`
}

func TestMedianovaLife(t *testing.T) {
	s := start(t, Options{})
	c := s.client(t, "medianova")
	made := c.do("POST", medianovaPath+"/credentials", `{"name":"ci","is_readonly":true,"buckets":["`+medianovaAssets+`","`+medianovaLogs+`"],"subfolder":"a/"}`)
	require.Equal(t, 200, made.status, made.body)
	id := made.text(t, "data", "uuid")
	assert.JSONEq(t, `{"status":true,"data":{"uuid":"`+id+`","name":"ci","is_readonly":true,"buckets":[
		{"uuid":"`+medianovaAssets+`","name":"assets","region":"eu-ist-1","size":"0B"},{"uuid":"`+medianovaLogs+`","name":"logs","region":"eu-ist-1","size":"0B"}]}}`,
		made.body, "no access key and no secret, by the documents")

	one := c.do("GET", medianovaPath+"/credential/"+id, "")
	state := s.Credentials("medianova")[2]
	assert.Equal(t, state.AccessKey, one.text(t, "data", "access_key"))
	assert.Equal(t, "a/", one.text(t, "data", "subfolder"))
	assert.Equal(t, medianovaOrg, one.text(t, "data", "buckets", 0, "organization_uuid"))
	assert.Equal(t, "env", one.text(t, "data", "buckets", 0, "tags", 0, "key"))
	assert.True(t, s.Authenticates(state.AccessKey, state.Secret))
	assert.Equal(t, []string{"read:assets", "read:logs"}, state.Grants)
	assert.Equal(t, "a/", state.Subfolder)

	put := c.do("PUT", medianovaPath+"/credential/"+id, medianovaBody("ci-2"))
	assert.JSONEq(t, `{"status":true,"data":{"uuid":"`+id+`","name":"ci-2","is_readonly":false,"subfolder":null,"buckets":["`+medianovaAssets+`"]}}`, put.body)
	one = c.do("GET", medianovaPath+"/credential/"+id, "")
	assert.Equal(t, state.AccessKey, one.text(t, "data", "access_key"), "an update keeps the pair")
	assert.Nil(t, one.at(t, "data", "subfolder"), "an update replaces everything")

	gone := c.do("DELETE", medianovaPath+"/credential/"+id, "")
	assert.Equal(t, true, gone.at(t, "status"))
	assert.Equal(t, 404, c.do("DELETE", medianovaPath+"/credential/"+id, "").status)
	assert.False(t, s.Authenticates(state.AccessKey, state.Secret))
	assert.False(t, s.Credentials("medianova")[2].Live)
}

func TestMedianovaRefuses(t *testing.T) {
	laravel, fastapi := start(t, Options{}), start(t, Options{MedianovaErrors: "fastapi"})
	create, one := medianovaPath+"/credentials", medianovaPath+"/credential/"+medianovaWebAssets
	for body, field := range map[string]string{
		`{}`: "name", `[]`: "name", `{"name":""}`: "name", `{"name":"x"}`: "buckets", `{"name":"x","buckets":[]}`: "buckets",
		`{"name":"x","buckets":["` + noUUID + `"]}`: "buckets", `{"name":"x","is_readonly":"no"}`: "is_readonly",
	} {
		r := laravel.client(t, "medianova").do("POST", create, body)
		assert.Equal(t, 422, r.status)
		assert.NotEmpty(t, r.at(t, "errors", field), body)
		r = fastapi.client(t, "medianova").do("POST", create, body)
		assert.Equal(t, 422, r.status)
		assert.Equal(t, field, r.text(t, "detail", 0, "loc", 1), body)
	}
	c := laravel.client(t, "medianova")
	assert.Equal(t, 422, c.do("PUT", one, `{"name":"x","buckets":["`+medianovaAssets+`"]}`).status, "an update needs is_readonly")
	assert.Equal(t, 404, c.do("GET", "/api/api/v2/stook/"+noUUID+"/credential", "").status)
	assert.Equal(t, 401, client{t, laravel.URL("medianova"), ""}.do("GET", one, "").status)
	assert.Equal(t, 405, c.do("POST", medianovaPath+"/credential", medianovaBody("x")).status)
	assert.Len(t, laravel.Credentials("medianova"), 2)
	full := start(t, Options{Quota: 2}).client(t, "medianova").do("POST", create, medianovaBody("x"))
	assert.Equal(t, 409, full.status)
	assert.Contains(t, full.body, "limit reached")
}

func TestMedianovaPrefixes(t *testing.T) {
	double, single := medianovaPath+"/credential", strings.Replace(medianovaPath, "/api/api", "/api", 1)+"/credential"
	s := start(t, Options{})
	assert.Equal(t, 200, s.client(t, "medianova").do("GET", double, "").status)
	assert.Equal(t, 200, s.client(t, "medianova").do("GET", single, "").status)
	s = start(t, Options{SinglePrefix: true, SingularCreate: true})
	lost := s.client(t, "medianova").do("GET", double, "")
	assert.Equal(t, 404, lost.status)
	assert.Contains(t, lost.header.Get("Content-Type"), "text/html")
	assert.Equal(t, 200, s.client(t, "medianova").do("GET", single, "").status)
	assert.Equal(t, 404, s.client(t, "medianova").do("POST", single+"s", medianovaBody("x")).status)
	assert.Equal(t, 200, s.client(t, "medianova").do("POST", single, medianovaBody("x")).status)
}

func TestMedianovaSecretPlaces(t *testing.T) {
	for place, path := range map[string][]any{
		"secret_key":                       {"secret_key"},
		"data.secret_key":                  {"data", "secret_key"},
		"data.secretKey":                   {"data", "secretKey"},
		"data.credential.secretAccessKey":  {"data", "credential", "secretAccessKey"},
		"data.keys.secret_key":             {"data", "keys", "secret_key"},
		"data[0].secret_key":               {"data", 0, "secret_key"},
		"data.credentials[0].secret":       {"data", "credentials", 0, "secret"},
		"data.access_key, data.secret_key": {"data", "secret_key"},
	} {
		s := start(t, Options{MedianovaSecret: place})
		r := s.client(t, "medianova").do("POST", medianovaPath+"/credentials", medianovaBody("x"))
		state := s.Credentials("medianova")[2]
		assert.Equal(t, state.Secret, r.text(t, path...), place)
		if strings.Contains(place, "access_key") {
			assert.Equal(t, state.AccessKey, r.text(t, "data", "access_key"))
		}
		assert.Contains(t, r.body, state.ID)
	}
	for _, mask := range []string{"hidden", "****"} {
		s := start(t, Options{MedianovaSecret: "data.secret_key=" + mask})
		r := s.client(t, "medianova").do("POST", medianovaPath+"/credentials", medianovaBody("x"))
		assert.Equal(t, mask, r.text(t, "data", "secret_key"))
	}
	s := start(t, Options{MedianovaSecret: "data[0].access_key,data[0].secret_key"})
	r := s.client(t, "medianova").do("POST", medianovaPath+"/credentials", medianovaBody("x"))
	assert.NotEmpty(t, r.text(t, "data", 0, "access_key"))
	assert.NotEmpty(t, r.text(t, "data", 0, "secret_key"))
	assert.NotEmpty(t, r.text(t, "data", 0, "uuid"))
}

func TestMedianovaListForms(t *testing.T) {
	for form, where := range map[string][3][]any{ // items, last page, total
		"laravel":  {{"data"}, {"last_page"}, {"total"}},
		"nested":   {{"data", "data"}, {"data", "last_page"}, {"data", "total"}},
		"paginate": {{"data"}, {"paginate", "last_page"}, {"paginate", "total"}},
	} {
		c := start(t, Options{MedianovaList: form, Count: 9}).client(t, "medianova")
		r := c.do("GET", medianovaPath+"/credential?page=2", "")
		assert.Len(t, r.at(t, where[0]...), 1, form)
		assert.InDelta(t, 2, r.at(t, where[1]...), 0, form)
		assert.InDelta(t, 11, r.at(t, where[2]...), 0, form)
		r = c.do("GET", medianovaPath+"/credential?limit=5", "")
		assert.Len(t, r.at(t, where[0]...), 5, form)
		if form == "laravel" {
			assert.Contains(t, r.text(t, "next_page_url"), "?page=2")
		}
		assert.Equal(t, 422, c.do("GET", medianovaPath+"/credential?limit=x", "").status)
	}
	c := start(t, Options{}).client(t, "medianova")
	assert.Len(t, c.do("GET", medianovaPath+"/credential", "").at(t, "data"), 2)
	assert.Equal(t, "assets", c.do("GET", medianovaPath+"/bucket", "").text(t, "data", 0, "name"))
	assert.Equal(t, "logs", c.do("GET", medianovaPath+"/bucket/"+medianovaLogs, "").text(t, "data", "name"))
	assert.Equal(t, 404, c.do("GET", medianovaPath+"/bucket/"+noUUID, "").status)
	assert.Equal(t, medianovaOrg, c.do("GET", "/api/v2/organizations", "").text(t, "data", 0, "uuid"))
}

func TestMedianovaLogin(t *testing.T) {
	clk := newClock()
	s := start(t, Options{MedianovaTokenUses: 2, Now: clk.now})
	open := client{t, s.URL("medianova"), ""}
	pair := `{"api_key":"` + MedianovaAPIKey + `","api_secret":"` + MedianovaAPISecret + `"}`
	bad := open.do("POST", "/api/v1/auth/login/token", `{"api_key":"`+MedianovaAPIKey+`","api_secret":"x"}`)
	assert.Equal(t, 401, bad.status)
	assert.Equal(t, 422, open.do("POST", "/api/v1/auth/login/token", `x`).status)
	in := open.do("POST", "/api/v1/auth/login/token", pair)
	assert.InDelta(t, clk.now().Add(4*time.Hour).Unix(), in.at(t, "expire"), 0)
	user := client{t, s.URL("medianova"), "Authorization: Bearer " + in.text(t, "token")}
	var got []int
	for range 3 {
		got = append(got, user.do("GET", medianovaPath+"/credential", "").status)
	}
	assert.Equal(t, []int{200, 200, 401}, got, "the token is used up")
	user.header = "Authorization: Bearer " + open.do("POST", "/api/v1/auth/login/token", pair).text(t, "token")
	clk.pass(4 * time.Hour)
	assert.Equal(t, 401, user.do("GET", medianovaPath+"/credential", "").status, "the token is too old")
	assert.Equal(t, "login", s.Requests("medianova")[0].Verb)
}
