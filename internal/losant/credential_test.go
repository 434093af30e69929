package losant

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func TestGet(t *testing.T) {
	at := func(s string) time.Time { v, _ := time.Parse(time.RFC3339, s); return v }
	tests := map[string]struct {
		answer  string
		want    provider.Credential // without what all have
		details string              // the configuration that is shown
	}{
		"aws": {
			cred("aws", `{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","region":"eu-west-1"}`),
			provider.Credential{Key: "AKIAIOSFODNN7EXAMPLE", Region: "eu-west-1", Status: "enabled", Scopes: []string{"aws"}},
			`{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","region":"eu-west-1"}`,
		},
		"http": {
			cred("http", `{"uriMatch":"https://a.example/","authMethod":"header","publicValue":"X-Key"}`, "enabled=false"),
			provider.Credential{Status: "disabled", Scopes: []string{"http:https://a.example/"}},
			`{"uriMatch":"https://a.example/","authMethod":"header","publicValue":"X-Key"}`,
		},
		"certificate": {
			cred("certificateKeyPair", `{"certificate":"PEM","info":{"fingerprint":"AB:CD","notValidAfter":"2027-07-01T00:00:00.000Z"}}`),
			provider.Credential{Key: "AB:CD", Status: "enabled", Scopes: []string{"certificateKeyPair"}, Expires: at("2027-07-01T00:00:00Z")},
			`{"certificate":"PEM","info":{"fingerprint":"AB:CD","notValidAfter":"2027-07-01T00:00:00.000Z"}}`,
		},
		"git": {
			cred("git", `{"type":"ssh-key","cloneUrl":"git@a.example:x.git","publicKey":"ssh-ed25519 AAAA"}`),
			provider.Credential{Key: "ssh-ed25519 AAAA", Status: "enabled", Scopes: []string{"git:git@a.example:x.git"}},
			`{"type":"ssh-key","cloneUrl":"git@a.example:x.git","publicKey":"ssh-ed25519 AAAA"}`,
		},
		"sql without a port": {
			cred("sql", `{"system":"pg","host":"db","port":null,"username":"u"}`),
			provider.Credential{Key: "u", Status: "enabled", Scopes: []string{"sql:db"}},
			`{"system":"pg","host":"db","port":null,"username":"u"}`,
		},
		"a type without anything to show": {
			cred("sendgrid", ""),
			provider.Credential{Status: "enabled", Scopes: []string{"sendgrid"}},
			`null`,
		},
		"a secret that is shown after all": {
			cred("twilio", `{"accountSid":"AC01","apiKeySid":"SK01","apiKeySecret":"sesame","authToken":"sesame"}`),
			provider.Credential{Key: "SK01", Status: "enabled", Scopes: []string{"twilio"}},
			`{"accountSid":"AC01","apiKeySid":"SK01","authToken":"[redacted]"}`,
		},
		"a type of the future": {
			cred("vault", `{"url":"https://v.example","roleId":"r","tokenTTL":60,"rootToken":"sesame","nested":[{"password":"sesame","apiKeys":["sesame"]}],"tls":true}`, `ownerToken="sesame"`),
			provider.Credential{Status: "enabled", Scopes: []string{"vault"}},
			`{"url":"https://v.example","roleId":"r","tokenTTL":"[redacted]","rootToken":"[redacted]","nested":[{"password":"[redacted]","apiKeys":["[redacted]"]}],"tls":true}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, step{request: "GET " + one, answer: test.answer})
			got, err := c.Get(t.Context(), credID)
			require.NoError(t, err)
			shown, err := json.Marshal(got.Details)
			require.NoError(t, err)
			assert.NotContains(t, string(shown), "sesame")
			assert.NotContains(t, string(shown), `"_`)
			var details map[string]any
			require.NoError(t, json.Unmarshal(shown, &details))
			config, err := json.Marshal(details[details["type"].(string)+"Config"])
			require.NoError(t, err)
			assert.JSONEq(t, test.details, string(config))
			assert.Equal(t, appID, details["applicationId"])
			want := test.want
			want.Provider, want.Kind, want.ID, want.Name = "losant", "credential", credID, "archive"
			want.Created, want.Updated = at("2026-01-01T00:00:00Z"), at(before)
			want.Details = got.Details
			assert.Equal(t, want, got)
		})
	}
}

// What the schema does not promise may be missing.
func TestGetLittle(t *testing.T) {
	c := serve(t, step{request: "GET " + one, answer: `{"name":"n","type":"aws","creationDate":"yesterday","awsConfig":[]}`})
	got, err := c.Get(t.Context(), credID)
	require.NoError(t, err)
	assert.Equal(t, credID, got.ID)
	assert.Empty(t, got.Status)
	assert.True(t, got.Created.IsZero())
	assert.True(t, got.Updated.IsZero())
}

func TestCreate(t *testing.T) {
	tests := map[string]struct {
		args []string
		body string
		typ  string
	}{
		"aws": {
			[]string{"--name=a", "--type=aws", "--set=accessKeyId=AKIAIOSFODNN7EXAMPLE", "--set=region=eu-west-1", "--set-file=secretAccessKey=wJalrXUtnFEMI", "--description=d", "--disabled"},
			`{"name":"a","type":"aws","description":"d","enabled":false,"awsConfig":{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","region":"eu-west-1","secretAccessKey":"wJalrXUtnFEMI"}}`, "aws",
		},
		"kinds of values": {
			[]string{"--name=a", "--type=sql", "--set=system=pg", "--set=host=1", "--set=port=5432", "--set=username=true", "--set=secureConnection=true", "--set-file=caCertificate=PEM", "--set-file=password=12345"},
			`{"name":"a","type":"sql","sqlConfig":{"system":"pg","host":"1","port":5432,"username":"true","secureConnection":true,"caCertificate":"PEM","password":"12345"}}`, "sql",
		},
		"null and enabled": {
			[]string{"--name=a", "--type=sql", "--set=system=pg", "--set=host=1", "--set=port=null", "--set=username=null", "--set-file=password=null", "--disabled=false"},
			`{"name":"a","type":"sql","enabled":true,"sqlConfig":{"system":"pg","host":"1","port":null,"username":"null","password":"null"}}`, "sql",
		},
		"a file": {
			[]string{"--name=a", "--type=http", `--config-file={"uriMatch":"https://a.example","authMethod":"basicAuth","publicValue":"","secretValue":""}`},
			`{"name":"a","type":"http","httpConfig":{"uriMatch":"https://a.example","authMethod":"basicAuth","publicValue":"","secretValue":""}}`, "http",
		},
		"a file and more": {
			[]string{"--name=a", "--type=http", `--config-file={"uriMatch":"https://a.example"}`, "--set=authMethod=header", "--set-file=secretValue=sesame"},
			`{"name":"a","type":"http","httpConfig":{"uriMatch":"https://a.example","authMethod":"header","secretValue":"sesame"}}`, "http",
		},
		"a key that Losant makes": {
			[]string{"--name=a", "--type=snowflake", "--set=host=h", "--set=username=u", "--set=generatePrivateKey=true"},
			`{"name":"a","type":"snowflake","snowflakeConfig":{"host":"h","username":"u","generatePrivateKey":true}}`, "snowflake",
		},
		"a type of the future": {
			[]string{"--name=a", "--type=vault", `--config-file={"deep":[1.50,{"token":"t"}],"big":12345678901234567890}`},
			`{"name":"a","type":"vault","vaultConfig":{"deep":[1.50,{"token":"t"}],"big":12345678901234567890}}`, "vault",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, step{request: "POST " + root, body: test.body, status: http.StatusCreated, answer: cred(test.typ, "{}")})
			got, err := c.Create(t.Context(), input(t, provider.Create, test.args...))
			require.NoError(t, err)
			assert.Equal(t, credID, got.ID)
			assert.True(t, got.Secret.IsZero())
		})
	}
}

func TestCreateLost(t *testing.T) {
	for name, answer := range map[string]step{
		"cut":    {status: 201, answer: `{"id":"x`},
		"no ID":  {status: 201, answer: `{}`},
		"failed": {status: 502, answer: `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			answer.request, answer.body = "POST "+root, `{"name":"a","type":"sendgrid","sendgridConfig":{"apiKey":"sesame"}}`
			_, err := serve(t, answer).Create(t.Context(), input(t, provider.Create, "--name=a", "--type=sendgrid", "--set-file=apiKey=sesame"))
			require.ErrorIs(t, err, provider.ErrUnknown)
			assert.Contains(t, provider.HintOf(err), "credctl losant list --filter-name")
			silent(t, err, "sesame")
		})
	}
}

func TestDelete(t *testing.T) {
	c := serve(t, step{request: "DELETE " + one, answer: `{"success":true}`}, step{request: "DELETE " + one, answer: `{"success":false}`})
	require.NoError(t, c.Delete(t.Context(), credID))
	require.Error(t, c.Delete(t.Context(), credID))
}

func TestFailures(t *testing.T) {
	tests := map[string]struct {
		status      int
		answer      string
		class       error
		text, hints string
	}{
		"envelope":       {404, `{"type":"NotFound","message":"Application was not found","extra":1}`, provider.ErrNotFound, "404 NotFound: Application was not found", ""},
		"401":            {401, `{"type":"Unauthorized","message":"Invalid access token"}`, provider.ErrDenied, "Invalid access token", "credential.*"},
		"403":            {403, `{}`, provider.ErrDenied, "403 forbidden", "credentials.*"},
		"several faults": {400, `{"type":"Validation","message":"Bad","validationErrors":[{"message":"one"},{"message":"two"},{"message":""}]}`, provider.ErrInvalid, "400 Validation: Bad; one; two", ""},
		"many faults":    {400, `{"type":"Validation","message":"Too many validation errors occurred.","validationErrors":[{"message":"one"}]}`, provider.ErrInvalid, "occurred.; one", ""},
		"faults alone":   {400, `{"validationErrors":[{"message":"one"}]}`, provider.ErrInvalid, "400 bad request: one", ""},
		"a name":         {400, `{"type":"Validation","message":"name must be unique"}`, provider.ErrConflict, "must be unique", "--filter-name"},
		"a limit":        {400, `{"type":"ResourceLimit","message":"Credential limit reached"}`, provider.ErrConflict, "limit reached", ""},
		"a proxy":        {403, `<html>sesame</html>`, provider.ErrDenied, "HTML page", ""},
		"not an object":  {400, `["sesame"]`, provider.ErrInvalid, "400 bad request", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := serve(t, step{request: "GET " + one, status: test.status, answer: test.answer}).Get(t.Context(), credID)
			require.ErrorIs(t, err, test.class)
			assert.Contains(t, err.Error(), test.text)
			assert.Contains(t, provider.HintOf(err), test.hints)
			silent(t, err, "sesame")
		})
	}
}
