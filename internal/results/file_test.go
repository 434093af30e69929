package results

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

func TestGitHubFormatNeedsItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "env")
	for _, c := range []struct{ env, want string }{
		{"", "-o github writes to the file that $GITHUB_ENV names, and GITHUB_ENV is not set"},
		{path, "cannot write to the file that $GITHUB_ENV names: open " + path + ": no such file or directory"},
	} {
		w := New(term.New(&bytes.Buffer{}, &bytes.Buffer{}, &bytes.Buffer{}), map[string]string{"GITHUB_ENV": c.env})
		w.Output = "github"
		require.NoError(t, w.Parse(nil, nil, true))
		err := w.Fits(provider.KeyPair(), true)
		require.ErrorIs(t, err, provider.ErrUsage)
		assert.EqualError(t, err, c.want)
	}
}

func TestGitHubFormatAddsLinesToItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "env")
	require.NoError(t, os.WriteFile(path, []byte("BEFORE=1"), 0o600))
	var stdout bytes.Buffer
	w := New(term.New(&bytes.Buffer{}, &stdout, &bytes.Buffer{}), map[string]string{"GITHUB_ENV": path})
	w.Output = "github"
	require.NoError(t, w.Parse(nil, nil, true))
	require.NoError(t, w.Fits(provider.KeyPair(), true))
	p := w.Printer()
	p.Reveal, p.Shape = true, provider.KeyPair()
	require.NoError(t, p.One(provider.Credential{ID: "1", Key: "AKIA1", Secret: provider.NewSecret("s3cret%"), Endpoint: "https://s3.example.com"}))
	assert.Equal(t, "::add-mask::s3cret%25\n", stdout.String())
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "BEFORE=1\nAWS_ACCESS_KEY_ID=AKIA1\nAWS_SECRET_ACCESS_KEY=s3cret%\nAWS_ENDPOINT_URL=https://s3.example.com\n", string(got), "a line that was left open is closed first")
}
