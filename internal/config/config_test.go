package config

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/config/environment"
	"github.com/credctl/credctl/internal/config/tokenstore"
	"github.com/credctl/credctl/internal/katapult"
	"github.com/credctl/credctl/internal/losant"
	"github.com/credctl/credctl/internal/medianova"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/stratum"
	"github.com/credctl/credctl/internal/term"
)

// The vendors of the program, whose settings are of every sort.
func supported() []provider.Provider {
	return []provider.Provider{medianova.Provider(), katapult.Provider(), losant.Provider(), stratum.Provider()}
}

// newTest returns a configuration with these variables, and without a keyring.
func newTest(variables ...string) *Config {
	streams := term.New(strings.NewReader(""), io.Discard, io.Discard)
	streams.Yes = true
	return New(environment.New(append(variables, "CREDCTL_KEYRING=off")), supported, streams)
}

// inFolder returns a configuration whose file, in a folder of its own, has this text.
func inFolder(t *testing.T, text string, variables ...string) (c *Config, dir string) {
	t.Helper()
	dir = t.TempDir()
	own := filepath.Join(dir, "credctl")
	require.NoError(t, os.MkdirAll(own, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(own, "config.yaml"), []byte(text), 0o600))
	return newTest(append(variables, "XDG_CONFIG_HOME="+dir, "PATH="+os.Getenv("PATH"))...), own
}

// A keyring that holds one text for all.
type holding struct {
	tokenstore.Keyring
	text string
}

func (h holding) Get(string) (string, error) { return h.text, nil }

func accountOf(t *testing.T, c *Config, vendor string) Account {
	t.Helper()
	p, err := c.Vendors.Find(vendor)
	require.NoError(t, err)
	return Account{Vendor: p, Given: provider.NewInput(p.Settings...)}
}
