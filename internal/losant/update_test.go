package losant

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/losant/service"
	"github.com/credctl/credctl/internal/provider"
)

const (
	awsShown = `{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","region":"eu-west-1"}`
	sqlShown = `{"system":"pg","host":"db","port":5432,"username":"u","secureConnection":false,"caCertificate":"PEM\n"}`
)

func TestUpdate(t *testing.T) {
	tests := map[string]struct {
		args  []string
		steps []step
	}{
		"top": {
			[]string{"--new-name=b", "--description=", "--disabled"},
			[]step{
				{request: "PATCH " + one, body: `{"name":"b","description":"","enabled":false}`, answer: cred("aws", awsShown)},
				{request: "GET " + one, answer: moved("aws", awsShown, `name="b"`, "enabled=false")},
			},
		},
		"enabled": {
			[]string{"--disabled=false"},
			[]step{
				{request: "PATCH " + one, body: `{"enabled":true}`, answer: cred("aws", awsShown)},
				{request: "GET " + one, answer: moved("aws", awsShown)},
			},
		},
		"a field": {
			[]string{"--set=region=eu-central-1"},
			[]step{
				{request: "GET " + one, answer: cred("aws", awsShown)},
				{request: "PATCH " + one, body: `{"awsConfig":{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","region":"eu-central-1"}}`, answer: cred("aws", awsShown)},
				{request: "GET " + one, answer: moved("aws", `{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","region":"eu-central-1"}`)},
			},
		},
		"null, and what is shown otherwise": {
			[]string{"--set=port=null", "--set-file=password=sesame"},
			[]step{
				{request: "GET " + one, answer: cred("sql", sqlShown)},
				{request: "PATCH " + one, body: `{"sqlConfig":{"system":"pg","host":"db","port":null,"username":"u","secureConnection":false,"caCertificate":"PEM\n","password":"sesame"}}`, answer: cred("sql", sqlShown)},
				{request: "GET " + one, answer: moved("sql", `{"system":"pg","host":"db","username":"u","caCertificate":"PEM"}`)},
			},
		},
		"read-only fields stay behind": {
			[]string{"--set=username=w"},
			[]step{
				{request: "GET " + one, answer: cred("snowflake", `{"host":"h","username":"u","publicKey":"P","later":{"token":"t"}}`)},
				{request: "PATCH " + one, body: `{"snowflakeConfig":{"host":"h","username":"w"}}`, answer: cred("snowflake", "{}")},
				{request: "GET " + one, answer: moved("snowflake", `{"host":"h","username":"w","publicKey":"P","later":{"token":"t"}}`)},
			},
		},
		"a type of the future": {
			[]string{"--new-name=b", `--config-file={"x":[1]}`},
			[]step{
				{request: "GET " + one, answer: cred("vault", `{"x":[0]}`)},
				{request: "PATCH " + one, body: `{"name":"b","vaultConfig":{"x":[1]}}`, answer: cred("vault", "{}")},
				{request: "GET " + one, answer: moved("vault", `{"x":[1]}`, `name="b"`)},
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := serve(t, test.steps...).Update(t.Context(), credID, input(t, provider.Update, test.args...))
			require.NoError(t, err)
			assert.Equal(t, service.Date(after), got.Updated)
			assert.True(t, got.Secret.IsZero())
		})
	}
}

func TestUpdateDiffers(t *testing.T) {
	tests := map[string]struct {
		args   []string
		before string
		after  string
		field  string
	}{
		"region":    {[]string{"--set=region=x"}, cred("aws", awsShown), moved("aws", awsShown), "awsConfig.region"},
		"lost":      {[]string{"--set=region=x"}, cred("aws", awsShown), moved("aws", `{"region":"x"}`), "awsConfig.accessKeyId"},
		"name":      {[]string{"--set=region=x", "--new-name=b"}, cred("aws", awsShown), moved("aws", `{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","region":"x"}`), "name"},
		"disabled":  {[]string{"--set=region=x", "--disabled"}, cred("aws", awsShown), moved("aws", `{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","region":"x"}`), "enabled"},
		"number":    {[]string{"--set=port=1"}, cred("sql", sqlShown), moved("sql", sqlShown), "sqlConfig.port"},
		"truth":     {[]string{"--set=secureConnection=true"}, cred("sql", sqlShown), moved("sql", sqlShown), "sqlConfig.secureConnection"},
		"a newer's": {[]string{"--set=site=x"}, cred("datadog", `{"fleet":"a"}`), moved("datadog", `{"site":"x"}`), "datadogConfig.fleet"},
		"same key": {
			[]string{"--set=generatePrivateKey=true"},
			cred("snowflake", `{"host":"h","username":"u","publicKey":"P"}`),
			moved("snowflake", `{"host":"h","username":"u","publicKey":"P"}`), "snowflakeConfig.publicKey",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			answers := []string{test.before, test.after, test.after}
			c := connect(t, transport(func() string { a := answers[0]; answers = answers[1:]; return a }))
			got, err := c.Update(t.Context(), credID, input(t, provider.Update, test.args...))
			require.ErrorIs(t, err, provider.ErrVerify)
			require.ErrorContains(t, err, test.field+" ")
			assert.Equal(t, credID, got.ID)
		})
	}
}

func TestUpdateRefuses(t *testing.T) {
	t.Run("nothing", func(t *testing.T) {
		_, err := serve(t).Update(t.Context(), credID, input(t, provider.Update))
		require.ErrorIs(t, err, provider.ErrUsage)
	})
	t.Run("bad JSON before any request", func(t *testing.T) {
		_, err := serve(t).Update(t.Context(), credID, input(t, provider.Update, "--config-file={"))
		require.ErrorIs(t, err, provider.ErrUsage)
	})
	for name, args := range map[string][]string{
		"another type's field": {"--set=account=x"}, "too short": {"--set=accessKeyId=x"}, "a secret": {"--set=secretAccessKey=sesame"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := serve(t, step{request: "GET " + one, answer: cred("aws", awsShown)}).Update(t.Context(), credID, input(t, provider.Update, args...))
			require.ErrorIs(t, err, provider.ErrUsage)
			silent(t, err, "sesame")
		})
	}
	t.Run("what Losant does not show could be lost", func(t *testing.T) {
		_, err := serve(t, step{request: "GET " + one, answer: cred("aws", `{"accessKeyId":"AKIAIOSFODNN7EXAMPLE"}`)}).
			Update(t.Context(), credID, input(t, provider.Update, "--set-file=secretAccessKey=sesame"))
		require.ErrorIs(t, err, provider.ErrUsage)
		assert.ErrorContains(t, err, "--set region=VALUE")
	})
}

func TestUpdateLost(t *testing.T) {
	_, err := serve(t, step{request: "GET " + one, answer: cred("aws", awsShown)},
		step{request: "PATCH " + one, body: `{"awsConfig":{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","region":"x"}}`, answer: `{`}).
		Update(t.Context(), credID, input(t, provider.Update, "--set=region=x"))
	require.ErrorIs(t, err, provider.ErrUnknown)
	assert.Contains(t, provider.HintOf(err), before)
}
