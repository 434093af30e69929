//go:build unix

package environment

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
)

// A home folder that is unknown, or none, has a right answer in words: nothing is
// written to the current folder in its place.
func TestAHomeThatIsNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, c := range map[string]struct {
		env  Env
		says string
	}{
		"not set":      {Env{}, "the home folder is not known: HOME is not set"},
		"relative":     {Env{"HOME": "me"}, `HOME is "me"`},
		"/dev/null":    {Env{"HOME": os.DevNull}, "HOME is /dev/null, which is not a folder"},
		"a file":       {Env{"HOME": file}, "HOME is " + file + ", which is not a folder"},
		"of a sandbox": {Env{"HOME": "/", Sandbox: "sandbox"}, `CREDCTL_SANDBOX is "sandbox"`},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, folder := range map[string]func() (string, error){"XDG_STATE_HOME": c.env.StateDir, "XDG_CONFIG_HOME": c.env.WritableConfigDir} {
				_, err := folder()
				require.ErrorIs(t, err, provider.ErrUsage)
				require.ErrorContains(t, err, c.says)
				assert.Contains(t, provider.HintOf(err), "or set "+variable)
			}
		})
	}
	env := Env{"HOME": os.DevNull, "XDG_STATE_HOME": "/var/lib/me"}
	dir, err := env.StateDir()
	require.NoError(t, err, "an entry in /etc/passwd or a home folder is not needed then")
	assert.Equal(t, "/var/lib/me/credctl", dir)
	_, err = Env{"XDG_STATE_HOME": "here"}.StateDir()
	require.ErrorContains(t, err, `XDG_STATE_HOME is "here", which is not an absolute path`)
}

// A user of a service has a home folder that does not exist: none is made.
func TestAHomeThatDoesNotExist(t *testing.T) {
	home := filepath.Join(t.TempDir(), "nonexistent")
	env := Env{"HOME": home}
	for variable, folder := range map[string]func() (string, error){"XDG_STATE_HOME": env.StateDir, "XDG_CONFIG_HOME": env.WritableConfigDir} {
		_, err := folder()
		require.ErrorIs(t, err, provider.ErrUsage)
		require.ErrorContains(t, err, "the home folder "+home+" does not exist")
		assert.Contains(t, provider.HintOf(err), "set "+variable)
	}
	assert.NoDirExists(t, home)
}

// Root with the HOME of a user, as some sudo keep it, makes no folder there: it would
// lock the user out.
func TestAHomeOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make the folders of another user")
	}
	home := t.TempDir()
	require.NoError(t, os.Chown(home, 4321, 4321))
	env := Env{"HOME": home}
	for variable, folder := range map[string]func() (string, error){"XDG_STATE_HOME": env.StateDir, "XDG_CONFIG_HOME": env.WritableConfigDir} {
		_, err := folder()
		require.ErrorIs(t, err, provider.ErrUsage)
		require.ErrorContains(t, err, "the home folder "+home+" belongs to another user (uid 4321), and credctl (uid 0) creates no files there")
		assert.Contains(t, provider.HintOf(err), "sudo -H credctl")
		assert.Contains(t, provider.HintOf(err), variable)
	}
	dir, err := env.ConfigDir()
	require.NoError(t, err, "what is there may be read")
	assert.Equal(t, filepath.Join(home, ".config", "credctl"), dir)
	env["XDG_STATE_HOME"] = "/var/lib/root"
	_, err = env.StateDir()
	require.NoError(t, err)
}
