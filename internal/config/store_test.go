package config

import (
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStoredIsFoundWhereItIs(t *testing.T) {
	k := &fake{entries: map[string]string{}, fails: errors.New("locked")}
	s := newTest("XDG_CONFIG_HOME=" + t.TempDir()).Store
	s.Keyring = k
	where, err := s.Save(t.Context(), "katapult", "", map[string]string{"token": "one"})
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

	_, err = s.Save(t.Context(), "katapult", "", map[string]string{"token": "two"})
	require.NoError(t, err)
	assert.NoFileExists(t, where, "an older one would be found first")
	got, err = s.Load("katapult", "default")
	require.NoError(t, err)
	assert.Equal(t, InKeyring, got.Place)
	assert.Equal(t, "two", got.Secrets["token"])

	require.NoError(t, os.WriteFile(where, []byte(`{"secrets":{"token":"CANARY"}}`), 0o644))
	_, err = s.Load("katapult", "")
	require.ErrorContains(t, err, "other users may read", "a file that others read is not passed over")
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
