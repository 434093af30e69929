package sops

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry/entrytest"
	"github.com/credctl/credctl/internal/provider"
)

// TestMain makes this test binary a program that takes what sops takes, under its
// name: for machines without sops.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "sops" {
		os.Exit(m.Run())
	}
	if err := fake(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// sealed is a file of the fake.
type sealed struct {
	Data string `json:"data"`
	Sops string `json:"sops"`
}

func fake(args []string) error {
	path := args[len(args)-1]
	if args[0] == "set" {
		path = args[len(args)-2]
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var file sealed
	if json.Unmarshal(b, &file) != nil || file.Sops != os.Getenv("SOPS_AGE_KEY") {
		fmt.Fprintln(os.Stderr, "Failed to get the data key required to decrypt the SOPS file.")
		os.Exit(128)
	}
	plain, err := base64.StdEncoding.DecodeString(file.Data)
	if err != nil {
		fmt.Fprintln(os.Stderr, "MAC mismatch.")
		os.Exit(51)
	}
	if args[0] == "decrypt" {
		_, err = os.Stdout.Write(plain)
		return err
	}
	var root map[string]any
	var keys [][]string
	if err := json.Unmarshal(plain, &root); err != nil {
		return err
	}
	index := args[len(args)-1]
	for d := json.NewDecoder(strings.NewReader(index)); d.More(); {
		var one []string
		if err := d.Decode(&one); err != nil {
			return err
		}
		keys = append(keys, one)
	}
	value, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	at := root
	for _, k := range keys[:len(keys)-1] {
		next, ok := at[k[0]].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[k[0]] = next
		}
		at = next
	}
	at[keys[len(keys)-1][0]] = json.RawMessage(value)
	plain, err = json.Marshal(root)
	if err != nil {
		return err
	}
	b, err = json.Marshal(sealed{base64.StdEncoding.EncodeToString(plain), file.Sops})
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}

const plain = `{"db":{"password":"stays"},"app":{"key":"old"},"list":[1]}`

// withFake returns a file of the fake.
func withFake(t *testing.T, name string) (path string, env []string) {
	bin := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, os.Symlink(self, filepath.Join(bin, "sops")))
	t.Setenv("PATH", bin)
	b, err := json.Marshal(sealed{base64.StdEncoding.EncodeToString([]byte(plain)), "AGE-SECRET-KEY-1"})
	require.NoError(t, err)
	return entrytest.File(t, filepath.Join(t.TempDir(), name), string(b)), []string{"SOPS_AGE_KEY=AGE-SECRET-KEY-1", "PATH=" + bin, "GORACE=atexit_sleep_ms=0"} // the race detector would wait a second at the end of each run
}

// withReal returns a file of the real program.
func withReal(t *testing.T, name string) (path string, env []string) {
	program, err := exec.LookPath("sops")
	if err != nil {
		t.Skip("sops is not installed")
	}
	identity, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	path = entrytest.File(t, filepath.Join(t.TempDir(), name), plain)
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
