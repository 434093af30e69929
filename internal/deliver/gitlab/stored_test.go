package gitlab

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

// The file of glab is looked for where glab has it: in its own folder, in that of all
// configurations, or in the home folder.
func TestWhereGlabHasItsFile(t *testing.T) {
	folder := func(below ...string) string {
		dir := t.TempDir()
		in := filepath.Join(append([]string{dir}, below...)...)
		require.NoError(t, os.MkdirAll(in, 0o700))
		entrytest.File(t, filepath.Join(in, "config.yml"), "hosts:\n  gitlab.com:\n    token: of-"+filepath.Join(below...)+"\n")
		return dir
	}
	own, config, home := folder(), folder("glab-cli"), folder(".config", "glab-cli")
	for want, env := range map[string][]string{
		"of-":                 {"GLAB_CONFIG_DIR=" + own, "XDG_CONFIG_HOME=" + config},
		"of-glab-cli":         {"XDG_CONFIG_HOME=" + config},
		"of-.config/glab-cli": {"XDG_CONFIG_HOME="},
	} {
		o := deliver.Options{Env: env, Home: func() (string, error) { return home, nil }}
		token := api{url: public}.stored(entry.Target{Options: o})
		assert.Equal(t, want, filepath.ToSlash(token.Reveal()))
	}
	assert.True(t, api{url: public}.stored(entry.Target{}).IsZero(), "there is no folder")
	assert.True(t, api{url: "https://gitlab.example.com"}.stored(entry.Target{Options: deliver.Options{Env: []string{"GLAB_CONFIG_DIR=" + own}}}).IsZero())
}
