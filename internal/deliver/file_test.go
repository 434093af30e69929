package deliver

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/credctl/credctl/internal/provider"
)

func TestFileHoldsTheSecretAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new")
	d := parse(t, "file:"+path, Options{})
	require.NoError(t, d.Check(t.Context()))
	require.NoFileExists(t, path, "Check changes nothing")
	require.Error(t, d.ReadBack(t.Context(), pair("AKIA", "s3cret")))
	require.Error(t, d.ReadBack(t.Context(), pair("AKIA", "")), "no secret is nowhere")
	require.Error(t, d.Write(t.Context(), pair("AKIA", "")))
	require.NoFileExists(t, path)

	deliver(t, "file:"+path+"?replace=1", Options{}, pair("AKIA", "s3cret"))
	assert.Equal(t, "s3cret\n", read(t, path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode())

	for content, ok := range map[string]bool{"s3cret": true, "s3cret\n": true, "s3cret\n\n": false, "s3cret\r\n": false, " s3cret\n": false} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		assert.Equal(t, ok, d.ReadBack(t.Context(), pair("", "s3cret")) == nil, "%q", content)
	}
}

func TestFileHoldsAnySecret(t *testing.T) {
	path := existing(t, "")
	rapid.Check(t, func(rt *rapid.T) {
		c := pair("", secrets().Draw(rt, "secret"))
		d := parse(rt, "file:"+path, Options{Issued: func(secret provider.Secret) (bool, error) { return secret.Equal(c.Secret), nil }})
		require.NoError(rt, d.Check(t.Context()))
		require.NoError(rt, d.Write(t.Context(), c))
		require.NoError(rt, d.ReadBack(t.Context(), c))
		_, secret, err := d.Current(t.Context())
		require.NoError(rt, err)
		if strings.TrimSpace(c.Secret.Reveal()) != "" {
			require.Equal(rt, c.Secret.Reveal(), secret.Reveal())
		}
		require.NoError(rt, os.Remove(path))
	})
}

func TestJSONHoldsTheCredential(t *testing.T) {
	path := existing(t, `{"id":"objkey_0","key":"OLD","secret":"old"}`)
	c := pair("AKIA", "a<b&\"c\"\n")
	c.Created = time.Date(2026, 2, 3, 4, 5, 6, 0, time.FixedZone("", 3600))
	c.Scopes = []string{"read"}
	c.Details = struct {
		Tenant string          `json:"tenant"`
		Again  provider.Secret `json:"again"`
	}{"t", c.Secret}

	d := parse(t, "json:"+path, Options{})
	key, secret, err := d.Current(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "OLD old", key+" "+secret.Reveal())
	deliver(t, "json:"+path, Options{}, c)
	assert.JSONEq(t, `{"provider":"katapult","kind":"access-key","id":"objkey_1","name":"web","key":"AKIA","scopes":["read"],
		"created":"2026-02-03T03:05:06Z","endpoint":"https://s3.example.com","region":"uk-lon-01","secret":"a<b&\"c\"\n",
		"details":{"tenant":"t","again":"[redacted]"}}`, read(t, path))
	for what, change := range map[string]func(*provider.Credential){
		"key": func(c *provider.Credential) { c.Key = "x" }, "endpoint": func(c *provider.Credential) { c.Endpoint = "x" },
		"region": func(c *provider.Credential) { c.Region = "x" }, "secret": func(c *provider.Credential) { c.Secret = provider.NewSecret("x") },
	} {
		other := c
		change(&other)
		require.ErrorContains(t, d.ReadBack(t.Context(), other), "it does not contain the expected "+what)
	}

	jq, err := exec.LookPath("jq")
	if err != nil {
		t.Skip("there is no jq")
	}
	out, err := exec.CommandContext(t.Context(), jq, "-j", ".secret", path).Output()
	require.NoError(t, err)
	assert.Equal(t, c.Secret.Reveal(), string(out))
}

func TestJSONHoldsAnySecret(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		secret := secrets().Draw(rt, "secret")
		content, err := jsonFormat{}.set("", pair("", secret))
		require.NoError(rt, err)
		var c map[string]any
		require.NoError(rt, json.Unmarshal([]byte(content), &c))
		require.Equal(rt, secret, c["secret"])
	})
	_, err := jsonFormat{}.set("", pair("", "\xff"))
	require.ErrorIs(t, err, provider.ErrUsage)
}

func TestJSONNeverReplacesSomethingElse(t *testing.T) {
	for content, want := range map[string]string{
		`{"name":"app","dependencies":{}}`: `"dependencies"`, `[]`: "not a JSON object", "A=1\n": "not a JSON object", `{"key":1}`: "not a credential",
	} {
		path := existing(t, content)
		d := parse(t, "json:"+path, Options{})
		require.ErrorIs(t, d.Check(t.Context()), provider.ErrRefused)
		require.ErrorContains(t, d.Write(t.Context(), pair("AKIA", "new")), want)
		assert.Equal(t, content, read(t, path))
	}
}

// TestFilesAreSafe is what all that are files have in common.
func TestFilesAreSafe(t *testing.T) {
	for _, form := range []string{"file:%?replace=1", "json:%", "dotenv:%", "aws:web@%"} {
		t.Run(form, func(t *testing.T) {
			c, path := pair("AKIA", "new"), existing(t, "")
			spec := strings.ReplaceAll(form, "%", path)
			require.NoError(t, os.Chmod(path, 0o640))
			d := parse(t, spec, Options{})
			for _, err := range []error{d.Check(t.Context()), d.Write(t.Context(), c)} {
				require.ErrorIs(t, err, provider.ErrRefused)
				assert.Contains(t, provider.HintOf(err), "chmod 600")
			}
			assert.Empty(t, read(t, path))

			insecure := Options{AllowInsecurePerms: true, LockDir: filepath.Join(t.TempDir(), "state", "locks")}
			link := filepath.Join(t.TempDir(), "link")
			require.NoError(t, os.Symlink(path, link))
			deliver(t, strings.ReplaceAll(form, "%", link), insecure, c)
			info, err := os.Lstat(link)
			require.NoError(t, err)
			assert.NotZero(t, info.Mode()&fs.ModeSymlink)
			info, err = os.Stat(path)
			require.NoError(t, err)
			assert.Equal(t, fs.FileMode(0o640), info.Mode(), "never wider, never narrower")
			entries, err := os.ReadDir(filepath.Dir(path))
			require.NoError(t, err)
			assert.Len(t, entries, 1, "nothing is left beside the file")

			for _, place := range []string{filepath.Join(path, "x"), filepath.Join(t.TempDir(), "none", "x"), t.TempDir(), os.DevNull} {
				require.Error(t, parse(t, strings.ReplaceAll(form, "%", place), insecure).Check(t.Context()), place)
			}
		})
	}
}

// TestWritersOfOneFile has many destinations in one file, by two names, at once.
func TestWritersOfOneFile(t *testing.T) {
	path := existing(t, "# head\n")
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(path, link))
	o := Options{LockDir: t.TempDir()}
	require.NoError(t, os.Chmod(o.LockDir, 0o700))
	names := strings.Split("abcdefghijklmnopqrst", "")
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() {
			d := parse(t, "aws:"+name+"@"+[]string{path, link}[i%2], o)
			assert.NoError(t, d.Write(t.Context(), pair("AKIA"+name, "new")))
		})
	}
	all.Wait()
	for _, name := range names {
		require.NoError(t, parse(t, "aws:"+name+"@"+path, o).ReadBack(t.Context(), pair("AKIA"+name, "new")))
	}
}

// A file in a folder that is missing may be on a volume that is not mounted: it is not known
// to hold nothing. A file that was deleted is.
func TestAFileWhoseFolderIsMissing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "volume")
	require.NoError(t, os.Mkdir(dir, 0o700))
	for _, scheme := range []string{"file:", "json:"} {
		d, err := Parse(scheme+filepath.Join(dir, "key"), Options{Shape: provider.KeyPair()})
		if scheme == "file:" {
			d, err = Parse(scheme+filepath.Join(dir, "key"), Options{Shape: provider.SingleSecret("X")})
		}
		require.NoError(t, err)
		c := provider.Credential{ID: "id", Secret: provider.NewSecret("s3cret")}
		require.NoError(t, d.Write(t.Context(), c))
		require.NoError(t, os.Rename(dir, dir+".away"))
		err = d.ReadBack(t.Context(), c)
		require.ErrorIs(t, err, fs.ErrNotExist)
		require.NotErrorIs(t, err, provider.ErrVerify)
		_, _, err = d.Current(t.Context())
		require.ErrorIs(t, err, fs.ErrNotExist)
		require.NoError(t, os.Rename(dir+".away", dir))
		require.NoError(t, d.ReadBack(t.Context(), c))
		require.NoError(t, os.Remove(filepath.Join(dir, "key")))
		require.ErrorIs(t, d.ReadBack(t.Context(), c), provider.ErrVerify)
	}
}
