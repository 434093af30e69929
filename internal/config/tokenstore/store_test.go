package tokenstore

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/term"
)

// newTest returns a store in a folder of its own, with this keyring, whose user agrees.
func newTest(t *testing.T, k Keyring) *Store {
	t.Helper()
	dir := t.TempDir()
	streams := term.New(strings.NewReader(""), io.Discard, io.Discard)
	streams.Yes = true
	folder := func() (string, error) { return dir, nil }
	s := New(map[string]string{"CREDCTL_KEYRING": "off"}, folder, folder, streams)
	s.Keyring = k
	return s
}

// A fake keyring is a map, unless it fails.
type fake struct {
	entries map[string]string
	fails   error
}

func (f *fake) Get(name string) (string, error) {
	if text, ok := f.entries[name]; ok || f.fails != nil {
		return text, f.fails
	}
	return "", ErrNoEntry
}

func (f *fake) Set(name, text string) error {
	if f.fails == nil {
		f.entries[name] = text
	}
	return f.fails
}

func (f *fake) Delete(name string) error {
	if _, ok := f.entries[name]; !ok {
		return errors.Join(f.fails, ErrNoEntry)
	}
	delete(f.entries, name)
	return f.fails
}

func TestStoredIsFoundWhereItIs(t *testing.T) {
	k := &fake{entries: map[string]string{}, fails: errors.New("locked")}
	s := newTest(t, k)
	where, err := s.Save(t.Context(), Login{Vendor: "katapult", Origin: "https://a:443", Secrets: map[string]provider.Secret{"token": provider.NewSecret("one")}})
	require.NoError(t, err)
	assert.Equal(t, s.Path("katapult", ""), where)
	info, err := os.Stat(where)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	k.fails = nil
	got, err := s.Load("katapult", "")
	require.NoError(t, err)
	assert.Equal(t, InTokenFile, got.Place)
	assert.Equal(t, "one", got.Secrets["token"])
	assert.Equal(t, "https://a:443", got.Origin)

	_, err = s.Save(t.Context(), Login{Vendor: "katapult", Secrets: map[string]provider.Secret{"token": provider.NewSecret("two")}})
	require.NoError(t, err)
	assert.NoFileExists(t, where, "an older one would be found first")
	got, err = s.Load("katapult", "default")
	require.NoError(t, err)
	assert.Equal(t, InKeyring, got.Place)
	assert.Equal(t, "two", got.Secrets["token"])

	require.NoError(t, os.WriteFile(where, []byte(`{"secrets":{"token":"CANARY"}}`), 0o644))
	_, err = s.Load("katapult", "")
	require.ErrorContains(t, err, "other users can read", "a file that others read is not passed over")
	require.NoError(t, os.Chmod(where, 0o600))
	existed, err := s.Delete("katapult", "")
	require.NoError(t, err)
	assert.True(t, existed)
	assert.NoFileExists(t, where)
	assert.Empty(t, k.entries, "both are gone")
	require.NoError(t, os.WriteFile(where, []byte("CANARY"), 0o600))
	_, err = s.Load("katapult", "")
	require.ErrorContains(t, err, "was not written by credctl")
	assert.NotContains(t, err.Error(), "CANARY")
}
