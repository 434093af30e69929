package systemdcreds

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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

// with makes the program that which says the one that is run.
func with(t *testing.T, which string) {
	if which == "systemd-creds" {
		if err := exec.CommandContext(t.Context(), which, "encrypt", "--name=x", "-", "-").Run(); err != nil {
			t.Skip("systemd-creds cannot encrypt here: ", err)
		}
		return
	}
	t.Setenv("PATH", placetest.Programs(t))
	t.Setenv("GORACE", "atexit_sleep_ms=0") // the race detector would wait a second at the end of each run
}

func place(t *testing.T, options string) (entrytest.Place, string) {
	path := filepath.Join(t.TempDir(), "web.cred")
	name := "web.cred"
	if _, given, ok := strings.Cut(options, "name="); ok {
		name = given
	}
	decrypt := func() map[string]string {
		out, err := exec.CommandContext(t.Context(), "systemd-creds", "decrypt", "--name="+name, path, "-").Output()
		if err != nil {
			return map[string]string{"": ""}
		}
		return map[string]string{"": string(out)}
	}
	return entrytest.Place{
		Scheme: Scheme(), Spec: "systemd-creds:" + path + options, Holds: decrypt, Creates: true,
		Options: deliver.Options{Env: os.Environ(), LockDir: filepath.Join(t.TempDir(), "locks")},
		Remove:  func() { require.NoError(t, os.Remove(path)) },
		Wrong:   []string{"systemd-creds:" + path + "?name=", "systemd-creds:" + path + "?name=a/b", "systemd-creds:" + path + "?name=a:b", "systemd-creds:" + path + "/", "systemd-creds:" + path + "?key=K"},
	}, path
}

func TestContract(t *testing.T) {
	for _, which := range []string{"fake", "systemd-creds"} {
		for _, options := range []string{"", "?name=s3-secret"} {
			t.Run(which+options, func(t *testing.T) {
				entrytest.Run(t, func(t *testing.T) entrytest.Place {
					with(t, which)
					p, _ := place(t, options)
					return p
				})
			})
		}
	}
}

func TestAnotherNameOrFile(t *testing.T) {
	with(t, "fake")
	p, path := place(t, "")
	require.NoError(t, p.Open(t).Write(t.Context(), entrytest.Pair("s3cret")))
	p.Spec += "?name=other"
	for _, content := range []string{"", "no credential\n"} {
		if content != "" {
			entrytest.File(t, path, content)
		}
		before, err := os.ReadFile(path)
		require.NoError(t, err)
		d := p.Open(t)
		for _, err := range []error{d.Check(t.Context()), d.Write(t.Context(), entrytest.Pair("s3cret"))} {
			require.ErrorIs(t, err, provider.ErrRefused, "it may be of another machine, or no credential at all")
			assert.NotEmpty(t, provider.HintOf(err))
		}
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, before, after)
	}
	t.Setenv("PATH", "")
	require.ErrorIs(t, p.Open(t).Check(t.Context()), provider.ErrUsage)
	require.NoError(t, os.Remove(path))
	require.ErrorIs(t, p.Open(t).Check(t.Context()), provider.ErrUsage)
}
