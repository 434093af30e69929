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
		token := api{host: "github.com"}.stored(entry.Target{Options: o})
		assert.Equal(t, want, filepath.ToSlash(token.Reveal()))
	}
	assert.True(t, api{host: "github.com"}.stored(entry.Target{}).IsZero(), "there is no folder")
	assert.True(t, api{host: "other"}.stored(entry.Target{Options: deliver.Options{Env: []string{"GH_CONFIG_DIR=" + own}}}).IsZero())
}
