package sops

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry/entrytest"
	"github.com/credctl/credctl/internal/deliver/entry/placetest"
	"github.com/credctl/credctl/internal/provider"
)

func TestMain(m *testing.M) {
	placetest.Program()
	os.Exit(m.Run())
}

const plain = `{"db":{"password":"stays"},"app":{"key":"old"},"list":[1]}`

// withFake returns a file of the fake.
func withFake(t *testing.T, name string) (path string, env []string) {
	bin := placetest.Programs(t)
	t.Setenv("PATH", bin)
	return entrytest.File(t, filepath.Join(t.TempDir(), name), placetest.Sealed(plain, "AGE-SECRET-KEY-1")), []string{"SOPS_AGE_KEY=AGE-SECRET-KEY-1", "PATH=" + bin, "GORACE=atexit_sleep_ms=0"} // the race detector would wait a second at the end of each run
}

// withReal returns a file of the real program.
func withReal(t *testing.T, name string) (path string, env []string) {
	program, err := filepath.Abs(filepath.Join("..", "..", "..", "bin", "sops"))
	require.NoError(t, err)
	if _, err := os.Stat(program); err != nil {
		t.Skip("no SOPS to test with: run `make bin/sops` first, as CI does")
	}
	t.Setenv("PATH", filepath.Dir(program))
	identity, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	text := plain
	if filepath.Ext(name) == ".env" {
		text = "OTHER=stays\n"
	}
	path = entrytest.File(t, filepath.Join(t.TempDir(), name), text)
	out, err := exec.CommandContext(t.Context(), program, "encrypt", "--in-place", "--age", identity.Recipient().String(), path).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path, append(os.Environ(), "SOPS_AGE_KEY="+identity.String())
}

func TestContract(t *testing.T) {
	for name, with := range map[string]func(*testing.T, string) (string, []string){"fake": withFake, "sops": withReal} {
		for _, file := range []string{"secrets.json", "secrets.yaml"} {
			t.Run(name+" "+file, func(t *testing.T) {
				entrytest.Run(t, func(t *testing.T) entrytest.Place { return place(t, with, file, "app.key") })
			})
		}
	}
}

func place(t *testing.T, with func(*testing.T, string) (string, []string), name, key string) entrytest.Place {
	path, env := with(t, name)
	require.NoError(t, os.Chmod(path, 0o644))
	decrypt := func() map[string]string {
		cmd := exec.CommandContext(t.Context(), "sops", "decrypt", "--output-type", "json", path)
		cmd.Env = env
		out, err := cmd.Output()
		require.NoError(t, err)
		var all struct {
			App map[string]string `json:"app"`
			DB  map[string]string `json:"db"`
		}
		require.NoError(t, json.Unmarshal(out, &all))
		return map[string]string{"": all.App["key"], "db": all.DB["password"]}
	}
	return entrytest.Place{
		Scheme: Scheme(), Spec: "sops:" + path + "#" + key, Holds: decrypt,
		Options: deliver.Options{Env: env, LockDir: filepath.Join(t.TempDir(), "locks")},
		Remove:  func() { require.NoError(t, os.Remove(path)) },
		Wrong:   []string{"sops:" + path, "sops:" + path + "#", "sops:" + path + "#a..b", "sops:#key", "sops:" + path + "#sops.mac", "sops:" + path + "#k?key=K"},
	}
}

func TestFilesOfOthers(t *testing.T) {
	p := place(t, withFake, "secrets.json", "app.key")
	d := p.Open(t)
	require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
	info, err := os.Stat(d.Spec()[len("sops:") : len(d.Spec())-len("#app.key")])
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o644), info.Mode(), "it is encrypted: its mode stays")

	for key, class := range map[string]error{"list.x": provider.ErrRefused, "app.key.x": provider.ErrRefused, "new.deep.key": nil} {
		d := place(t, withFake, "secrets.json", key).Open(t)
		err := d.Check(t.Context())
		if class != nil {
			require.ErrorIs(t, err, class, key)
			continue
		}
		require.NoError(t, err)
		require.NoError(t, d.Write(t.Context(), entrytest.Pair("s3cret")))
		require.NoError(t, d.ReadBack(t.Context(), entrytest.Pair("s3cret")))
	}

	p.Options.Env = []string{"SOPS_AGE_KEY=another"}
	err = p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrDenied)
	assert.Contains(t, provider.HintOf(err), "SOPS_AGE_KEY_FILE")
	t.Setenv("PATH", "")
	require.ErrorIs(t, p.Open(t).Check(t.Context()), provider.ErrUsage)
}

// TestWhatSOPSCannotKeep: rules of the file may leave a value in clear, and not every
// format has maps in maps. Both are found before there is a secret.
func TestWhatSOPSCannotKeep(t *testing.T) {
	for name, with := range map[string]func(*testing.T, string) (string, []string){"fake": withFake, "sops": withReal} {
		t.Run(name, func(t *testing.T) {
			p := place(t, with, "secrets.yaml", "app.key_unencrypted")
			before := p.Holds()
			d := p.Open(t)
			for _, err := range []error{d.Check(t.Context()), d.Write(t.Context(), entrytest.Pair("s3cret+in+clear"))} {
				require.ErrorIs(t, err, provider.ErrRefused)
				require.ErrorContains(t, err, "SOPS does not encrypt app.key_unencrypted in this file")
				assert.NotContains(t, err.Error(), "s3cret")
			}
			assert.Equal(t, before, p.Holds())
		})
	}
	path, env := withReal(t, "secrets.env")
	d, err := deliver.Parse("sops:"+path+"#app.key", deliver.Options{Schemes: []deliver.Scheme{Scheme()}, Env: env, Shape: provider.SingleSecret("KEY")})
	require.NoError(t, err)
	err = d.Check(t.Context())
	require.ErrorIs(t, err, provider.ErrUsage)
	assert.NotEmpty(t, provider.HintOf(err))
}
