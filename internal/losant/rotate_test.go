package losant

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/losant/service"
	"github.com/credctl/credctl/internal/provider"
)

// transport answers each request with what answer returns.
func transport(answer func() string) http.RoundTripper { return answering(answer) }

type answering func() string

func (a answering) RoundTrip(*http.Request) (*http.Response, error) { return reply(200, a()), nil }

const (
	snowShown = `{"host":"h","username":"u","publicKey":"OLD"}`
	snowNew   = `{"host":"h","username":"u","publicKey":"NEW"}`
	gitShown  = `{"type":"ssh-key","cloneUrl":"git@h:x","committerName":"c","publicKey":"OLD"}`
)

func TestRotate(t *testing.T) {
	tests := map[string]struct {
		args          []string
		before, after string
		body          string
		key           string
	}{
		"the secret alone": {
			[]string{"--set-file=secretAccessKey=sesame"},
			cred("aws", awsShown), moved("aws", awsShown),
			`{"awsConfig":{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","region":"eu-west-1","secretAccessKey":"sesame"}}`, "AKIAIOSFODNN7EXAMPLE",
		},
		"another name": {
			[]string{"--set-file=secretAccessKey=sesame", "--new-name=b"},
			cred("aws", awsShown), strings.Replace(moved("aws", awsShown), `"archive"`, `"b"`, 1),
			`{"name":"b","awsConfig":{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","region":"eu-west-1","secretAccessKey":"sesame"}}`, "AKIAIOSFODNN7EXAMPLE",
		},
		"the pair": {
			[]string{"--set-file=secretAccessKey=sesame", "--set=accessKeyId=AKIANEWNEWNEWNEW"},
			cred("aws", awsShown), moved("aws", `{"accessKeyId":"AKIANEWNEWNEWNEW","region":"eu-west-1"}`),
			`{"awsConfig":{"accessKeyId":"AKIANEWNEWNEWNEW","region":"eu-west-1","secretAccessKey":"sesame"}}`, "AKIANEWNEWNEWNEW",
		},
		"a file": {
			[]string{`--config-file={"secretAccessKey":"sesame"}`},
			cred("aws", awsShown), moved("aws", awsShown),
			`{"awsConfig":{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","region":"eu-west-1","secretAccessKey":"sesame"}}`, "AKIAIOSFODNN7EXAMPLE",
		},
		"gcp": {
			[]string{`--set-file=keyJson={"private_key":"sesame"}`},
			cred("gcp", `{"keyMetaJson":"{\"a\":1}"}`), moved("gcp", `{"keyMetaJson":"{\"a\":2}"}`),
			`{"gcpConfig":{"keyJson":"{\"private_key\":\"sesame\"}"}}`, "",
		},
		"snowflake, generated": {
			nil, cred("snowflake", snowShown), moved("snowflake", snowNew),
			`{"snowflakeConfig":{"host":"h","username":"u","generatePrivateKey":true}}`, "NEW",
		},
		"snowflake, given": {
			[]string{"--set-file=privateKey=sesame"},
			cred("snowflake", snowShown), moved("snowflake", snowNew),
			`{"snowflakeConfig":{"host":"h","username":"u","privateKey":"sesame"}}`, "NEW",
		},
		"git, generated, with another field": {
			[]string{"--set=username=me"},
			cred("git", gitShown), moved("git", `{"type":"ssh-key","cloneUrl":"git@h:x","committerName":"c","username":"me","publicKey":"NEW"}`),
			`{"gitConfig":{"type":"ssh-key","cloneUrl":"git@h:x","committerName":"c","username":"me","generatePrivateKey":true}}`, "NEW",
		},
		"a type of the future": {
			[]string{`--config-file={"token":"sesame"}`},
			cred("vault", `{}`), moved("vault", `{}`),
			`{"vaultConfig":{"token":"sesame"}}`, "",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, step{request: "GET " + one, answer: test.before}, step{request: "PATCH " + one, body: test.body, answer: test.after}, step{request: "GET " + one, answer: test.after})
			got, err := c.Rotate(t.Context(), credID, input(t, provider.Rotate, test.args...))
			require.NoError(t, err)
			assert.Equal(t, test.key, got.Key)
			assert.Equal(t, service.Date(after), got.Updated)
			assert.True(t, got.Secret.IsZero(), "Losant issues none")
		})
	}
}

func TestRotateRefuses(t *testing.T) {
	tests := map[string]struct {
		before string
		args   []string
		say    string
	}{
		"no secret":                  {cred("aws", awsShown), nil, "--set-file secretAccessKey=PATH"},
		"no secret but something":    {cred("aws", awsShown), []string{"--set=region=x"}, "--set-file secretAccessKey=PATH"},
		"git with a password":        {cred("git", `{"type":"http-password","cloneUrl":"https://h/x"}`), nil, "--set-file secretValue=PATH"},
		"git that gets a password":   {cred("git", gitShown), []string{"--set=type=http-password"}, "--set-file secretValue=PATH"},
		"both":                       {cred("snowflake", snowShown), []string{"--set-file=privateKey=sesame", "--set=generatePrivateKey=true"}, "not both"},
		"a type of the future":       {cred("vault", `{}`), nil, "does not know the fields"},
		"a field of what is unknown": {cred("vault", `{}`), []string{"--set-file=token=sesame"}, "does not know the fields"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := serve(t, step{request: "GET " + one, answer: test.before}).Rotate(t.Context(), credID, input(t, provider.Rotate, test.args...))
			require.ErrorIs(t, err, provider.ErrUsage)
			assert.Contains(t, err.Error()+"\n"+provider.HintOf(err), test.say)
			silent(t, err, "sesame")
		})
	}
}

// What was accepted but cannot be seen is no success.
func TestRotateUnseen(t *testing.T) {
	in := func(t *testing.T) provider.Input {
		t.Helper()
		return input(t, provider.Rotate, "--set-file=secretAccessKey=sesame")
	}
	t.Run("lastUpdated stands still", func(t *testing.T) {
		got, err := connect(t, transport(func() string { return cred("aws", awsShown) })).Rotate(t.Context(), credID, in(t))
		require.ErrorIs(t, err, provider.ErrVerify)
		require.ErrorContains(t, err, "lastUpdated")
		assert.Equal(t, credID, got.ID)
	})
	t.Run("no lastUpdated at all", func(t *testing.T) {
		_, err := connect(t, transport(func() string { return cred("aws", awsShown, "lastUpdated=null") })).Rotate(t.Context(), credID, in(t))
		require.NoError(t, err)
	})
	t.Run("not read back", func(t *testing.T) {
		body := `{"awsConfig":{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","region":"eu-west-1","secretAccessKey":"sesame"}}`
		got, err := serve(t, step{request: "GET " + one, answer: cred("aws", awsShown)}, step{request: "PATCH " + one, body: body, answer: moved("aws", awsShown)},
			step{request: "GET " + one, status: 500, answer: "{}"}).Rotate(t.Context(), credID, in(t))
		require.ErrorIs(t, err, provider.ErrPartial)
		assert.Contains(t, provider.HintOf(err), "accepted")
		assert.Equal(t, credID, got.ID)
		assert.Equal(t, service.Date(after), got.Updated)
	})
	t.Run("lost", func(t *testing.T) {
		body := `{"awsConfig":{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","region":"eu-west-1","secretAccessKey":"sesame"}}`
		_, err := serve(t, step{request: "GET " + one, answer: cred("aws", awsShown)}, step{request: "PATCH " + one, body: body, status: 502, answer: "{}"}).
			Rotate(t.Context(), credID, in(t))
		require.ErrorIs(t, err, provider.ErrUnknown)
		assert.Contains(t, provider.HintOf(err), "again")
		silent(t, err, "sesame")
	})
}

func TestGenerate(t *testing.T) {
	c := serve(t, step{request: "GET " + one, answer: cred("git", gitShown)},
		step{request: "PATCH " + one, body: `{"gitConfig":{"type":"ssh-key","cloneUrl":"git@h:x","committerName":"c","generatePrivateKey":true}}`, answer: "{}"},
		step{request: "GET " + one, answer: moved("git", `{"type":"ssh-key","cloneUrl":"git@h:x","committerName":"c","publicKey":"NEW"}`)})
	got, err := c.Generate(t.Context(), credID, provider.Input{})
	require.NoError(t, err)
	assert.Equal(t, "NEW", got.Key)
	assert.True(t, got.Secret.IsZero())
	assert.Empty(t, Provider().Kinds[0].Issues, "no secret of Losant ever comes back")
}

func TestGenerateRefuses(t *testing.T) {
	for typ, say := range map[string]string{"aws": "rotate " + credID + " --set-file secretAccessKey=PATH", "vault": "rotate " + credID + " --config-file PATH"} {
		_, err := serve(t, step{request: "GET " + one, answer: cred(typ, awsShown)}).Generate(t.Context(), credID, provider.Input{})
		require.ErrorIs(t, err, provider.ErrUsage)
		assert.Contains(t, provider.HintOf(err), say)
	}
	_, err := serve(t, step{request: "GET " + one, answer: cred("git", `{"type":"http-password","cloneUrl":"https://h"}`)}).Generate(t.Context(), credID, provider.Input{})
	require.ErrorIs(t, err, provider.ErrUsage)
}

func TestWarn(t *testing.T) {
	tests := map[string]struct {
		verb provider.Verb
		of   string
		args []string
		say  string // "": nothing
	}{
		"rename":                      {provider.Update, cred("aws", awsShown), []string{"--new-name=b"}, `"archive"`},
		"same name":                   {provider.Update, cred("aws", awsShown), []string{"--new-name=archive", "--description=d"}, ""},
		"disable":                     {provider.Update, cred("aws", awsShown), []string{"--disabled"}, "programs that use this credential fail"},
		"enable":                      {provider.Update, cred("aws", awsShown), []string{"--disabled=false"}, ""},
		"without the secret":          {provider.Update, cred("aws", awsShown), []string{"--set=region=x"}, "--set-file secretAccessKey=PATH"},
		"with the secret":             {provider.Update, cred("aws", awsShown), []string{"--set=region=x", "--set-file=secretAccessKey=sesame"}, ""},
		"a type of the future":        {provider.Update, cred("vault", `{}`), []string{"--config-file={}"}, ""},
		"half a pair":                 {provider.Rotate, cred("aws", awsShown), []string{"--set-file=secretAccessKey=sesame"}, "accessKeyId does not change"},
		"no pair":                     {provider.Rotate, cred("sql", sqlShown), []string{"--set-file=password=sesame"}, "cannot be undone"},
		"generate":                    {provider.Generate, cred("git", gitShown), nil, "register it at the service"},
		"service.Generate for aws":    {provider.Generate, cred("aws", awsShown), nil, ""},
		"service.Generate a password": {provider.Generate, cred("git", `{"type":"http-password","cloneUrl":"https://h"}`), nil, ""},
		"delete":                      {provider.Delete, cred("git", gitShown), nil, "cannot be undone"},
		"get":                         {provider.Get, cred("git", gitShown), nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, step{request: "GET " + one, answer: test.of})
			got, err := c.Get(t.Context(), credID)
			require.NoError(t, err)
			said := c.ExplainImpact(test.verb, got, input(t, test.verb, test.args...))
			if test.say == "" {
				assert.Empty(t, said)
			}
			assert.Contains(t, said, test.say)
			assert.NotContains(t, said, "sesame")
		})
	}
	var none *credentials
	assert.NotEmpty(t, none.ExplainImpact(provider.Delete, provider.Credential{}, provider.Input{}), "also of what was not read just now")
}
