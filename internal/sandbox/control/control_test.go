package control_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/sandbox/control"
)

// TestTheHandleOfASandbox: who has its folder can ask whether it runs, and end it.
func TestTheHandleOfASandbox(t *testing.T) {
	t.Parallel()
	dir, path := t.TempDir(), control.NewPath()
	stop := func() { assert.NoError(t, os.Remove(filepath.Join(dir, "sandbox.json"))) }
	server := httptest.NewServer(control.Handler(path, stop, http.NotFoundHandler()))
	defer server.Close()
	require.NoError(t, control.Handle{URL: server.URL + path}.Save(dir))
	h, err := control.Find(dir)
	require.NoError(t, err)
	require.NoError(t, h.Check())
	require.NoError(t, h.Stop(dir))
	_, err = control.Find(dir)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestWhatIsNoSandbox(t *testing.T) {
	t.Parallel()
	_, err := control.Find("sandbox")
	require.EqualError(t, err, "it is not an absolute path")
	dir := t.TempDir()
	file := filepath.Join(dir, "sandbox.json")
	for _, text := range []string{"", "{", "{}", `{"url": ""}`} {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		_, err = control.Find(dir)
		require.EqualError(t, err, file+" is not the file of a sandbox")
	}

	server := httptest.NewServer(http.NotFoundHandler())
	h := control.Handle{URL: server.URL + control.NewPath()}
	require.EqualError(t, h.Check(), "another program uses the sandbox's ports")
	require.EqualError(t, h.Stop(dir), "another program uses the sandbox's ports")
	server.Close()
	require.EqualError(t, h.Check(), "no answer from the sandbox")
	require.Error(t, control.Handle{URL: "://"}.Check())
}
