package awssm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/deliver/entry/entrytest"
	"github.com/credctl/credctl/internal/deliver/entry/placetest"
	"github.com/credctl/credctl/internal/provider"
)

func place(t *testing.T, f *placetest.SecretsManager, spec string) entrytest.Place {
	s := entrytest.Serve(t, f, f.Changes)
	name := ""
	if strings.Contains(spec, "key=") {
		name = "K"
	}
	return entrytest.Place{
		Scheme: Scheme(&entry.Sessions{}), Spec: spec, Server: s, Secrets: []string{placetest.AWSSecretKey, placetest.AWSSession}, Name: name, Creates: true, LateCheck: true,
		Options: deliver.Options{
			Env:     []string{"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + s.URL, "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=" + placetest.AWSKeyID, "AWS_SECRET_ACCESS_KEY=" + placetest.AWSSecretKey, "AWS_SESSION_TOKEN=" + placetest.AWSSession},
			LockDir: filepath.Join(t.TempDir(), "locks"),
		},
		Holds:     f.Holds,
		Meddle:    f.Meddle,
		DenyWrite: func() { f.Deny = "PutSecretValue CreateSecret" },
		DenyAll:   func() { f.Deny = "GetSecretValue DescribeSecret PutSecretValue CreateSecret" },
		Remove:    func() { f.Exists = false },
		Wrong: []string{
			"aws-sm:a b", "aws-sm:arn:aws:secretsmanager:eu-west-1:1:secret:x", "aws-sm:arn:aws:secretsmanager:eu-west-1:123456789012:secret:x?region=us-east-1",
			"aws-sm:x?region=EU/", "aws-sm:x?as=json", "aws-sm:x?field=key&as=json", "aws-sm:x?key=", "aws-sm:" + strings.Repeat("x", 513),
		},
	}
}

func TestContract(t *testing.T) {
	for _, spec := range []string{"aws-sm:apps/web", "aws-sm:apps/web?key=K", "aws-sm:apps/web?field=secret"} {
		t.Run(spec, func(t *testing.T) {
			entrytest.Run(t, func(t *testing.T) entrytest.Place {
				f := placetest.NewSecretsManager()
				if strings.Contains(spec, "field=") {
					f.Versions["v0"], f.Bare = "old", true
				}
				return place(t, f, spec)
			})
		})
	}
}

// TestRepeatsAreFree: a lost answer is asked for again, with the same version.
func TestRepeatsAreFree(t *testing.T) {
	f := placetest.NewSecretsManager()
	p := place(t, f, "aws-sm:apps/web")
	p.Server.Lose(2)
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
	assert.Len(t, f.Versions, 2)
	assert.Equal(t, "v0", f.Previous)
	assert.Len(t, entrytest.Changes(p.Server.Requests()), 3)

	value := provider.NewSecret("s3cret")
	assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, f.Current)
	assert.NotEqual(t, token("a", "v0", value), token("a", "v1", value))
	assert.NotEqual(t, token("a", "v0", value), token("b", "v0", value))
}

// The account is known from the answers, and that there is none where the secret is not found.
func TestWithin(t *testing.T) {
	f := placetest.NewSecretsManager()
	f.Exists = false
	p := place(t, f, "aws-sm:apps/web")
	for _, secret := range []string{"created", "put"} {
		d := p.Open(t)
		assert.Empty(t, d.(entry.Located).Within(), "nothing was sent")
		require.NoError(t, d.Write(t.Context(), entrytest.Pair(secret)))
		assert.Equal(t, "AWS account 111122223333", d.(entry.Located).Within())
	}
	d := p.Open(t)
	f.Account = "444455556666"
	require.NoError(t, d.ReadBack(t.Context(), entrytest.Pair("put")))
	assert.Equal(t, "AWS account 444455556666", d.(entry.Located).Within())
	f.Exists = false
	require.Error(t, d.ReadBack(t.Context(), entrytest.Pair("put")))
	assert.Equal(t, entry.Nowhere, d.(entry.Located).Within())
	f.Exists, f.Deny = true, "GetSecretValue"
	require.Error(t, d.ReadBack(t.Context(), entrytest.Pair("put")))
	assert.Empty(t, d.(entry.Located).Within(), "it was not read")
}

// A hint about a secret that was deleted, or will be, is a command that restores it.
func TestHintsAboutADeletedSecret(t *testing.T) {
	f := placetest.NewSecretsManager()
	bound := func(spec string) (deliver.Destination, *placetest.SecretsManager) {
		d := place(t, f, spec).Open(t)
		d.(entry.Binder).Bind("AWS account 111122223333")
		return d, f
	}
	d, _ := bound("aws-sm:apps/web")
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
	f.Meta["DeletedDate"] = 1.7e9
	for _, err := range []error{d.ReadBack(t.Context(), entrytest.Pair("s3cret")), d.Write(t.Context(), entrytest.Pair("new")), d.Check(t.Context())} {
		require.ErrorIs(t, err, provider.ErrRefused)
		assert.Equal(t, "restore the secret: aws secretsmanager restore-secret --secret-id apps/web --region eu-west-1", provider.HintOf(err))
	}
	f.Meta, f.Exists = map[string]any{}, false
	err := d.ReadBack(t.Context(), entrytest.Pair("s3cret"))
	require.ErrorIs(t, err, entry.ErrElsewhere)
	assert.Equal(t, "use the credentials for AWS account 111122223333; if the secret was deleted there, create it again: aws secretsmanager create-secret --name apps/web --region eu-west-1 --secret-string '{}'", provider.HintOf(err))
	f.Exists, f.Versions, f.Current = true, map[string]string{"v0": "{}"}, "v0" // as that command does
	require.ErrorIs(t, d.ReadBack(t.Context(), entrytest.Pair("s3cret")), provider.ErrVerify)
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
	require.NoError(t, d.ReadBack(t.Context(), entrytest.Pair("s3cret")))

	f.Exists = false
	d, _ = bound("aws-sm:apps/web?field=secret")
	assert.Contains(t, provider.HintOf(d.ReadBack(t.Context(), entrytest.Pair("s3cret"))), "--secret-string none")
	f.Exists, f.Bare, f.Versions, f.Current = true, true, map[string]string{"v0": "none"}, "v0"
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))

	f.Exists = false
	d, _ = bound("aws-sm:arn:aws:secretsmanager:eu-west-1:111122223333:secret:apps/web-AbCdEf")
	assert.Contains(t, provider.HintOf(d.ReadBack(t.Context(), entrytest.Pair("s3cret"))), "abort the rotation with --force (a secret that is created again has another ARN)")
}

// Kept to its account, a secret is neither read, nor written, nor created in another.
func TestAnotherAccount(t *testing.T) {
	f := placetest.NewSecretsManager()
	d := place(t, f, "aws-sm:apps/web").Open(t)
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
	d.(entry.Binder).Bind(d.(entry.Located).Within())
	require.NoError(t, d.ReadBack(t.Context(), entrytest.Pair("s3cret")))
	f.Account = "444455556666"
	for _, exists := range []bool{true, false} {
		f.Exists = exists
		current, versions := f.Current, len(f.Versions)
		_, _, err := d.Current(t.Context())
		for _, err := range []error{err, d.Check(t.Context()), d.Write(t.Context(), entrytest.Pair("other")), d.ReadBack(t.Context(), entrytest.Pair("s3cret"))} {
			require.ErrorIs(t, err, entry.ErrElsewhere)
			require.ErrorContains(t, err, "but this rotation was started in AWS account 111122223333")
			assert.Contains(t, provider.HintOf(err), "use the credentials for AWS account 111122223333")
			assert.Equal(t, !exists, strings.Contains(provider.HintOf(err), "create it again"))
		}
		assert.Equal(t, current, f.Current)
		assert.Len(t, f.Versions, versions)
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		meta  map[string]any
		class error
		says  string
	}{
		"rotated by AWS": {map[string]any{"RotationEnabled": true}, provider.ErrRefused, "AWS rotates the secret itself"},
		"of a service":   {map[string]any{"OwningService": "rds"}, provider.ErrRefused, "managed by rds"},
		"to be deleted":  {map[string]any{"DeletedDate": 1.7e9}, provider.ErrRefused, "marked for deletion"},
	} {
		f := placetest.NewSecretsManager()
		f.Meta = c.meta
		err := place(t, f, "aws-sm:apps/web").Open(t).Check(t.Context())
		require.ErrorIs(t, err, c.class, name)
		require.ErrorContains(t, err, c.says)
		assert.NotEmpty(t, provider.HintOf(err))
	}
	f := placetest.NewSecretsManager()
	f.Versions["v0"] = "a text"
	require.ErrorIs(t, place(t, f, "aws-sm:apps/web").Open(t).Check(t.Context()), provider.ErrRefused, "an object over a text")
	f.Versions["v0"] = `{"a":"b"}`
	require.ErrorIs(t, place(t, f, "aws-sm:apps/web?field=secret").Open(t).Check(t.Context()), provider.ErrRefused, "a text over an object")
	f.Signed.SecretAccessKey = "another"
	err := place(t, f, "aws-sm:apps/web").Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrDenied)
	require.ErrorContains(t, err, "InvalidSignatureException")
}

func TestWhere(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, ".aws"), 0o700))
	entrytest.File(t, filepath.Join(dir, ".aws", "config"), "[default]\nregion = eu-central-1\n[profile prod]\nregion=cn-north-1\n")
	credentials := entrytest.File(t, filepath.Join(dir, ".aws", "credentials"), "[prod]\naws_access_key_id = AKIAPROD\n# aws_secret_access_key = no\naws_secret_access_key=of-prod\n[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = of-default\n")
	require.NotEmpty(t, credentials)
	const anARN = "arn:aws:secretsmanager:us-east-2:123456789012:secret:web-AbCdEf"
	t.Setenv("PATH", "")
	for name, c := range map[string]struct {
		place     string
		env       []string
		url, spec string
		key       string
	}{
		"the file":     {"web", nil, "https://secretsmanager.eu-central-1.amazonaws.com", "aws-sm:web?region=eu-central-1", "AKIADEFAULT"},
		"a profile":    {"web", []string{"AWS_PROFILE=prod"}, "https://secretsmanager.cn-north-1.amazonaws.com.cn", "aws-sm:web?region=cn-north-1", "AKIAPROD"},
		"a variable":   {"web", []string{"AWS_DEFAULT_REGION=us-west-1", "AWS_ACCESS_KEY_ID=AKIAENV", "AWS_SECRET_ACCESS_KEY=x"}, "https://secretsmanager.us-west-1.amazonaws.com", "aws-sm:web?region=us-west-1", "AKIAENV"},
		"an ARN":       {anARN, []string{"AWS_REGION=us-west-1"}, "https://secretsmanager.us-east-2.amazonaws.com", "aws-sm:" + anARN, "AKIADEFAULT"},
		"not S3's own": {"web", []string{"AWS_ENDPOINT_URL=http://127.0.0.1:9"}, "https://secretsmanager.eu-central-1.amazonaws.com", "aws-sm:web?region=eu-central-1", "AKIADEFAULT"},
		"an endpoint":  {"web", []string{"AWS_ENDPOINT_URL_SECRETS_MANAGER=https://vpce.example.com"}, "https://vpce.example.com", "aws-sm:web?region=eu-central-1&url=https://vpce.example.com", "AKIADEFAULT"},
	} {
		t.Run(name, func(t *testing.T) {
			var target entry.Target
			scheme := entry.Scheme(Scheme(&entry.Sessions{}), func(t entry.Target) (deliver.Destination, error) {
				target = t
				return parse(t, &entry.Sessions{})
			})
			d, err := scheme.New("aws-sm:"+c.place, c.place, deliver.Options{Shape: provider.KeyPair(), Env: c.env, Home: func() (string, error) { return dir, nil }})
			require.NoError(t, err)
			assert.Equal(t, c.spec, d.Spec())
			s, err := locate(target)
			require.NoError(t, err)
			assert.Equal(t, c.url, s.url)
			k, err := find(t.Context(), target)
			require.NoError(t, err)
			assert.Equal(t, c.key, k.ID.Reveal())
		})
	}
	p := place(t, placetest.NewSecretsManager(), "aws-sm:apps/web")
	p.Options.Env = []string{"AWS_REGION=eu-west-1"}
	err := p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrDenied)
	require.ErrorContains(t, err, "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY")
	p.Options.Env = nil
	require.ErrorIs(t, p.Open(t).Check(t.Context()), provider.ErrUsage)

	bin := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, "aws"), []byte("#!/bin/sh\n[ \"$5\" = --profile ] && [ \"$6\" = sso ] && echo '{\"Version\":1,\"AccessKeyId\":\""+placetest.AWSKeyID+"\",\"SecretAccessKey\":\""+placetest.AWSSecretKey+"\",\"SessionToken\":\""+placetest.AWSSession+"\"}'\n"), 0o700))
	t.Setenv("PATH", bin)
	p.Options.Env = []string{"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + p.Server.URL, "AWS_REGION=eu-west-1", "AWS_PROFILE=sso"}
	require.NoError(t, p.Open(t).Check(t.Context()), "the aws program")
}

func TestThrottled(t *testing.T) {
	f := placetest.NewSecretsManager()
	f.Throttle = 1
	require.NoError(t, place(t, f, "aws-sm:apps/web").Open(t).Check(t.Context()))
}

// TestKeysOfAProfileAreForItsServer: a profile without an address means AWS.
func TestKeysOfAProfileAreForItsServer(t *testing.T) {
	p := place(t, placetest.NewSecretsManager(), "aws-sm:apps/web")
	p.Options.Settings = map[string]string{
		"aws-sm.access_key_id": placetest.AWSKeyID, "aws-sm.secret_access_key": placetest.AWSSecretKey, "aws-sm.session_token": placetest.AWSSession,
	}
	nothing := filepath.Join(t.TempDir(), "none")
	p.Options.Env = []string{
		"AWS_ENDPOINT_URL_SECRETS_MANAGER=" + p.Server.URL, "AWS_REGION=eu-west-1", "AWS_SHARED_CREDENTIALS_FILE=" + nothing, "AWS_CONFIG_FILE=" + nothing, "PATH=",
	}
	err := p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrDenied)
	require.ErrorContains(t, err, "the token of the profile is for another server")
	assert.Empty(t, p.Server.Requests())

	p.Options.Settings["aws-sm.url"] = p.Server.URL
	require.NoError(t, p.Open(t).Check(t.Context()))
}
