package output_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/joho/godotenv"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"gopkg.in/ini.v1"
	"pgregory.net/rapid"

	"github.com/credctl/credctl/internal/output"
	"github.com/credctl/credctl/internal/provider"
)

func s3(secret string) provider.Credential {
	return provider.Credential{
		Provider: "katapult", Kind: "access-key", ID: "1", Key: "AKIA1", Endpoint: "https://s3.example", Region: "uk-lon-01",
		Secret: provider.NewSecret(secret),
	}
}

func TestIssuedFormats(t *testing.T) {
	for _, c := range []struct{ format, want string }{
		{"env", `export AWS_ACCESS_KEY_ID='AKIA1'
export AWS_SECRET_ACCESS_KEY='it'\''s'
export AWS_ENDPOINT_URL='https://s3.example'
export AWS_REGION='uk-lon-01'
export AWS_DEFAULT_REGION='uk-lon-01'
unset AWS_SESSION_TOKEN AWS_SECURITY_TOKEN
`},
		{"env:prefix=S3_", `export S3_ACCESS_KEY_ID='AKIA1'
export S3_SECRET_ACCESS_KEY='it'\''s'
export S3_ENDPOINT_URL='https://s3.example'
export S3_REGION='uk-lon-01'
`},
		{"dotenv", `AWS_ACCESS_KEY_ID=AKIA1
AWS_SECRET_ACCESS_KEY="it's"
AWS_ENDPOINT_URL=https://s3.example
AWS_REGION=uk-lon-01
AWS_DEFAULT_REGION=uk-lon-01
`},
		{"aws", `[default]
aws_access_key_id = AKIA1
aws_secret_access_key = it's
endpoint_url = https://s3.example
region = uk-lon-01
`},
		{"s3cfg", `[default]
access_key = AKIA1
secret_key = it's
bucket_location = uk-lon-01
host_base = s3.example
host_bucket = s3.example
use_https = True
`},
		{"rclone", `[katapult]
type = s3
provider = Other
env_auth = false
access_key_id = AKIA1
secret_access_key = it's
endpoint = https://s3.example
region = uk-lon-01
`},
	} {
		got := one(t, output.Printer{Format: parse(t, c.format, ""), Reveal: true, Shape: provider.KeyPair()}, s3("it's"))
		assert.Equal(t, c.want, got, c.format)
	}
	for format, want := range map[string]string{"aws:profile=cdn": "[cdn]", "rclone:name=cdn": "[cdn]"} {
		got := one(t, output.Printer{Format: parse(t, format, ""), Reveal: true, Shape: provider.KeyPair()}, s3("x"))
		assert.True(t, strings.HasPrefix(got, want+"\n"), got)
	}
	c := provider.Credential{Provider: "stratum", ID: "1", Key: "prefix", Secret: provider.NewSecret("sk_1")}
	for format, want := range map[string]string{
		"env": "export STRATUM_API_KEY='sk_1'\n", "env:name=K": "export K='sk_1'\n",
		"dotenv": "STRATUM_API_KEY=sk_1\n", "dotenv:name=K": "K=sk_1\n",
	} {
		assert.Equal(t, want, one(t, output.Printer{Format: parse(t, format, ""), Reveal: true, Shape: provider.SingleSecret("STRATUM_API_KEY")}, c), format)
	}
}

func TestIssuedFormatsRefuse(t *testing.T) {
	for _, c := range []struct {
		format string
		shape  provider.Shape
		secret string
		hide   bool
	}{
		{"env", provider.KeyPair(), "x", true},
		{"aws", provider.KeyPair(), "two\nlines", false},
		{"rclone", provider.KeyPair(), "two\nlines", false},
		{"dotenv", provider.KeyPair(), `it's\`, false},
		{"env", provider.KeyPair(), "nul\x00", false},
		{"aws", provider.SingleSecret("STRATUM_API_KEY"), "x", false},
		{"env", provider.Shape{}, "x", false},
		{"env:name=K", provider.KeyPair(), "x", false},
		{"json", provider.KeyPair(), "\xff", false},
		{"table", provider.KeyPair(), "\xff", false},
	} {
		var b strings.Builder
		p := output.Printer{W: &b, Format: parse(t, c.format, ""), Shape: c.shape, Reveal: !c.hide}
		err := p.One(s3(c.secret))
		require.ErrorIs(t, err, provider.ErrUsage, "%+v", c)
		assert.Empty(t, b.String(), "half of it is of no use")
		assert.NotContains(t, err.Error(), c.secret+c.secret[:1])
	}
	var b strings.Builder
	err := output.Printer{W: &b, Format: parse(t, "env", ""), Reveal: true, Shape: provider.KeyPair()}.One(s3(""))
	require.ErrorContains(t, err, "no secret")
	assert.Empty(t, b.String())
}

// Any secret is either written so that the real reader of the format gives it
// back exactly, or it is refused.
func TestSecretsAreReadBack(t *testing.T) {
	secrets := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("aZ9 \t\n\r\"'`\\$#;!%(){}=:[]-~&|<>*?é漢🔑\u2028\u00a0\u0085\ufeff")))).
		Filter(func(s string) bool { return s != "" && !strings.Contains(s, "\x00") })
	rapid.Check(t, func(t *rapid.T) {
		secret := secrets.Draw(t, "secret")
		name := rapid.String().Draw(t, "name")
		for format, read := range map[string]func(string) (string, error){
			"json": func(s string) (string, error) {
				var c struct{ Name, Secret string }
				err := json.Unmarshal([]byte(s), &c)
				assert.Equal(t, name, c.Name)
				return c.Secret, err
			},
			"yaml": func(s string) (string, error) {
				var c struct{ Name, Secret string }
				err := yaml.Unmarshal([]byte(s), &c)
				assert.Equal(t, name, c.Name)
				return c.Secret, err
			},
			"template={{.secret}}": func(s string) (string, error) {
				if !strings.HasSuffix(secret, "\n") {
					s = strings.TrimSuffix(s, "\n")
				}
				return s, nil
			},
			"dotenv": func(s string) (string, error) {
				m, err := godotenv.Unmarshal(s)
				return m["AWS_SECRET_ACCESS_KEY"], err
			},
			"aws": func(s string) (string, error) {
				f, err := ini.LoadSources(ini.LoadOptions{SpaceBeforeInlineComment: true}, []byte(s))
				return f.Section("default").Key("aws_secret_access_key").String(), err
			},
		} {
			var b strings.Builder
			f, err := output.Parse(output.Formats(), format, "", nil)
			require.NoError(t, err)
			c := s3(secret)
			c.Name = name
			if err := (output.Printer{W: &b, Format: f, Reveal: true, Shape: provider.KeyPair()}).One(c); err != nil {
				require.ErrorIs(t, err, provider.ErrUsage)
				require.Contains(t, []string{"dotenv", "aws"}, format, "%q can be held", secret)
				continue
			}
			got, err := read(b.String())
			require.NoError(t, err, "%s of %q: %s", format, secret, b.String())
			require.Equal(t, secret, got, format)
		}
	})
}

func TestReadBackByPrograms(t *testing.T) {
	const secret = "q'\"`$HOME #!\\ \n\té🔑\u202e end "
	for _, c := range []struct {
		program string
		args    []string
		format  string
	}{
		{"sh", []string{"-c", `eval "$(cat)"; printf '%s.' "$AWS_SECRET_ACCESS_KEY"`}, "env"},
		{"jq", []string{"-j", `.secret + "."`}, "json"},
		{"python3", []string{"-c", "import json, sys; sys.stdout.buffer.write((json.load(sys.stdin.buffer)['secret'] + '.').encode())"}, "jsonl"},
	} {
		t.Run(c.program, func(t *testing.T) {
			path, err := exec.LookPath(c.program)
			if err != nil {
				t.Skipf("no %s to read it back with", c.program)
			}
			cmd := exec.CommandContext(t.Context(), path, c.args...)
			cmd.Stdin = strings.NewReader(one(t, output.Printer{Format: parse(t, c.format, ""), Reveal: true, Shape: provider.KeyPair()}, s3(secret)))
			out, err := cmd.Output()
			require.NoError(t, err)
			assert.Equal(t, secret+".", string(out))
		})
	}
}

// A key pair without an endpoint is used at Amazon by whatever reads it: a format for
// programs refuses it, before it is issued where that can be known.
func TestAPairWithoutAnEndpointIsRefused(t *testing.T) {
	c := provider.Credential{ID: "2", Key: "AKIA", Secret: provider.NewSecret("canary")}
	unknown := provider.KeyPair()
	unknown.NoEndpoint = "pass --s3-endpoint URL"
	for _, name := range []string{"env", "env:prefix=S3_", "dotenv", "aws", "rclone", "s3cfg", "github", "github-output"} {
		f, err := output.Parse(output.Formats(), name, "", nil)
		require.NoError(t, err)
		require.NoError(t, f.CanHold(provider.KeyPair()), name)
		err = f.CanHold(unknown)
		require.ErrorIs(t, err, provider.ErrUsage, name)
		assert.Equal(t, "pass --s3-endpoint URL", provider.HintOf(err), name)
		var b bytes.Buffer
		err = output.Printer{W: &b, Format: f, Reveal: true, Shape: provider.KeyPair()}.One(c)
		require.ErrorIs(t, err, provider.ErrUsage, name)
		assert.NotContains(t, err.Error(), "canary", name)
		assert.Empty(t, b.String(), name)
	}
	for _, name := range []string{"json", "jsonl", "yaml", "table", "template={{.secret}}"} {
		f, err := output.Parse(output.Formats(), name, "", nil)
		require.NoError(t, err)
		require.NoError(t, f.CanHold(unknown), name)
		require.NoError(t, output.Printer{W: io.Discard, Format: f, Reveal: true, Shape: provider.KeyPair()}.One(c), name)
	}
}
