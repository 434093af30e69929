package github

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/deliver"
	"github.com/credctl/credctl/internal/deliver/entry"
	"github.com/credctl/credctl/internal/deliver/entry/entrytest"
	"github.com/credctl/credctl/internal/provider"
)

// The file of gh is looked for where gh has it: in its own folder, in that of all
// configurations, or in the home folder.
func TestWhereGHHasItsFile(t *testing.T) {
	folder := func(below ...string) string {
		dir := t.TempDir()
		in := filepath.Join(append([]string{dir}, below...)...)
		require.NoError(t, os.MkdirAll(in, 0o700))
		entrytest.File(t, filepath.Join(in, "hosts.yml"), "github.com:\n  oauth_token: of-"+filepath.Join(below...)+"\n")
		return dir
	}
	own, config, home := folder(), folder("gh"), folder(".config", "gh")
	for want, env := range map[string][]string{
		"of-":           {"GH_CONFIG_DIR=" + own, "XDG_CONFIG_HOME=" + config},
		"of-gh":         {"XDG_CONFIG_HOME=" + config},
		"of-.config/gh": {"XDG_CONFIG_HOME="},
	} {
		o := deliver.Options{Env: env, Home: func() (string, error) { return home, nil }}
		token, err := api{host: "github.com"}.stored(entry.Target{Options: o})
		require.NoError(t, err)
		assert.Equal(t, want, filepath.ToSlash(token.Reveal()))
	}
	for what, none := range map[string]struct {
		host string
		env  []string
	}{"there is no folder": {"github.com", nil}, "another host": {"other", []string{"GH_CONFIG_DIR=" + own}}} {
		token, err := api{host: none.host}.stored(entry.Target{Options: deliver.Options{Env: none.env}})
		require.NoError(t, err, what)
		assert.True(t, token.IsZero(), what)
	}
}

// A file of gh that is damaged is not taken for one without a token.
func TestAFileOfGHThatIsDamaged(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // there is no gh to ask
	dir := t.TempDir()
	path := entrytest.File(t, filepath.Join(dir, "hosts.yml"), "github.com:\n  oauth_token: gho_secret\n\t: [\n")
	p, _ := place(t, "github:acme/web/API_KEY", "write")
	p.Options.Env = []string{"GITHUB_API_URL=" + p.Server.URL, "GH_CONFIG_DIR=" + dir, "PATH="}
	err := p.Open(t).Check(t.Context())
	require.ErrorIs(t, err, provider.ErrDenied)
	require.ErrorContains(t, err, "no GitHub token found: "+path+" is damaged")
	assert.Contains(t, provider.HintOf(err), "move that file away, then run: gh auth login --hostname ")
	assert.NotContains(t, err.Error(), "gho_secret")
}
