package deliver

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

func TestParseRefuses(t *testing.T) {
	keepers := map[string]OpenKeeper{"losant": func(context.Context, string) (provider.SecretStore, string, error) {
		return nil, "", errors.New("unused")
	}}
	s3, key := Options{Keepers: keepers, Shape: provider.KeyPair()}, Options{Shape: provider.SingleSecret("STRATUM_API_KEY")}
	for _, c := range []struct {
		spec       string
		o          Options
		want, hint string
	}{
		{"secret.txt", s3, "no scheme", "file:secret.txt"},
		{"", s3, "no scheme", ""},
		{"file:", s3, `"file:" is incomplete (expected file:PATH)`, ""},
		{"aws:", s3, `"aws:" is incomplete (expected aws:PROFILE[@PATH])`, ""},
		{"file:a\nb", s3, "control character", ""},
		{"file:x/", s3, "is a folder", ""},
		{"file:~bob/x", s3, "only ~/", "./~bob/x"},
		{"file:~/x", s3, "the home folder is unknown", ""},
		{"file:-", s3, "is not a file", "./-"},
		{"dotenv:-", s3, "is not a file", "./-"},
		{"json:-", s3, "is not a file", "./-"},
		{"aws:web@-", s3, "is not a file", "./-"},
		{"file:a?b", s3, `unknown option "b" (valid: inplace, replace)`, ""},
		{"file:a?replace=0", s3, "(valid: 1)", ""},
		{"json:a?b", s3, "takes no options", "%3F"},
		{"aws:web@./a?b", s3, "takes no options", "%3F"},
		{"flie:x", s3, "unknown scheme (valid: file, json, dotenv, aws, s3cfg, exec, losant", "did you mean file:x?"},
		{"env:x", s3, "unknown scheme", "did you mean dotenv:x?"},
		{"loasnt:a/b", s3, "unknown scheme", "did you mean losant:a/b?"},
		{"vault:x", s3, "unknown scheme", "file:vault:x"},
		{"losant:?field=x", s3, "is incomplete: nothing follows the scheme", ""},
		{"losant:a/b?x=1&x=2", s3, "twice", ""},
		{"losant:a/b?%zz", s3, "malformed", ""},
		{"dotenv:?prefix=X_", s3, "names no file", ""},
		{"dotenv:x?prefx=X_", s3, `unknown option "prefx" (valid: prefix, name`, ""},
		{"dotenv:x?prefix=X-", s3, "not the name of an environment variable", ""},
		{"dotenv:x?name=T", s3, "works for single secrets only", "prefix="},
		{"dotenv:x?prefix=S3_", key, "works for S3 access keys only", "name=STRATUM_API_KEY"},
		{"dotenv:x?name=1T", key, "not the name of an environment variable", ""},
		{"aws:web", key, "works for S3 access keys only", "dotenv:PATH"},
		{"aws:a b@x", s3, "profile name", ""},
		{"aws:@x", s3, "profile name", ""},
		{"aws:web@", s3, "names no file", ""},
	} {
		_, err := Parse(c.spec, c.o)
		require.ErrorIs(t, err, provider.ErrUsage, c.spec)
		require.ErrorContains(t, err, c.want)
		assert.Contains(t, provider.HintOf(err), c.hint, c.spec)
	}
}

func TestSpecIsFoundAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := os.Getwd()
	require.NoError(t, err)
	o := Options{Home: func() (string, error) { return here, nil }}
	for spec, want := range map[string]string{
		"file:a%3Fb":             "file:" + filepath.Join(here, "a%3Fb"),
		"file:a%3Fb?replace=1":   "file:" + filepath.Join(here, "a%3Fb") + "?replace=1",
		"json:a%3fb":             "json:" + filepath.Join(here, "a%3Fb"),
		"aws:web@./a%3Fb":        "aws:web@" + filepath.Join(here, "a%3Fb"),
		"dotenv:a%3Fb?prefix=X_": "dotenv:" + filepath.Join(here, "a%3Fb") + "?prefix=X_",
		"json:../a":              "json:" + filepath.Join(filepath.Dir(here), "a"),
		"dotenv:.env":            "dotenv:" + filepath.Join(here, ".env"),
		"dotenv:~/x?prefix=S3_":  "dotenv:" + filepath.Join(here, "x") + "?prefix=S3_",
		"exec:store --id \"$1\"": "exec:store --id \"$1\"",
	} {
		d := parse(t, spec, o)
		assert.Equal(t, spec, d.String())
		assert.Equal(t, want, d.Spec())
		t.Chdir("/")
		assert.Equal(t, want, parse(t, d.Spec(), Options{}).Spec())
		t.Chdir(here)
	}
}

// Two destinations clash when one would overwrite the other, however they are spelled.
func TestPlacesThatClash(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("folder", 0o700))
	require.NoError(t, os.Symlink("real", "link"))
	require.NoError(t, os.Symlink("folder", "same"))
	one := Options{Shape: provider.SingleSecret("STRATUM_API_KEY")}
	for _, c := range []struct {
		a, b   string
		oa, ob Options
		want   bool
	}{
		{a: "file:real", b: "file:link", want: true},
		{a: "file:folder/x", b: "json:same/x", want: true},
		{a: "file:nowhere/x", b: "file:./nowhere/x", want: true},
		{a: "file:real", b: "file:other"},
		{a: "file:d", b: "dotenv:d", want: true},
		{a: "json:d", b: "aws:web@d", want: true},
		{a: "dotenv:d", b: "dotenv:d?prefix=AWS_", want: true},
		{a: "dotenv:d", b: "dotenv:d?prefix=S3_"},
		{a: "dotenv:d", b: "dotenv:d", ob: one},
		{a: "dotenv:d", b: "dotenv:d?name=STRATUM_API_KEY", oa: one, ob: one, want: true},
		{a: "dotenv:d?name=AWS_REGION", b: "dotenv:d", oa: one, want: true},
		{a: "dotenv:d", b: "aws:web@d", want: true},
		{a: "aws:web@real", b: "aws:web@link", want: true},
		{a: "aws:web@real", b: "aws:ci@link"},
		{a: "exec:store", b: "exec:store"}, // it gets each credential with its ID
		{a: "exec:store a", b: "exec:store b"},
	} {
		a, b := PlaceOf(parse(t, c.a, c.oa)), PlaceOf(parse(t, c.b, c.ob))
		assert.Equal(t, c.want, a.Clashes(b), "%s and %s", c.a, c.b)
		assert.Equal(t, c.want, b.Clashes(a), "%s and %s", c.b, c.a)
	}
}

type store struct {
	target  string
	options map[string]string
	held    provider.Credential
	err     error
}

func (s *store) CheckPut(_ context.Context, target string, options map[string]string) error {
	s.target, s.options = target, options
	return s.err
}

func (s *store) Put(_ context.Context, _ string, _ map[string]string, c provider.Credential) error {
	s.held = c
	return s.err
}

func (s *store) Check(_ context.Context, _ string, _ map[string]string, c provider.Credential) error {
	if !s.held.Secret.Equal(c.Secret) {
		return errors.New("it holds something else")
	}
	return nil
}

func TestKeeper(t *testing.T) {
	s, opened := &store{}, 0
	o := Options{Keepers: map[string]OpenKeeper{"losant": func(_ context.Context, target string) (provider.SecretStore, string, error) {
		opened++
		assert.Equal(t, "app/cred", target)
		return s, "cred", nil
	}}}
	d := parse(t, "losant:app/cred?field=aws", o)
	assert.Zero(t, opened, "nothing is opened to parse")
	require.NoError(t, d.Check(t.Context()))
	assert.Equal(t, "cred", s.target, "what it is called within the application")
	assert.Equal(t, map[string]string{"field": "aws"}, s.options)
	require.NoError(t, d.Write(t.Context(), pair("AKIA", "new")))
	require.NoError(t, d.ReadBack(t.Context(), pair("AKIA", "new")))
	require.ErrorContains(t, d.ReadBack(t.Context(), pair("AKIA", "old")), "losant:app/cred?field=aws: it holds something else")
	assert.Equal(t, 1, opened)

	s.err = provider.ErrDenied
	require.ErrorIs(t, d.Write(t.Context(), pair("AKIA", "new")), provider.ErrDenied)
	require.Error(t, d.Write(t.Context(), pair("AKIA", "")))
}
