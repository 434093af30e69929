package recovery_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/provider"
	"github.com/credctl/credctl/internal/session/recovery"
)

// Only the file of a credential that a rotation has revoked may be removed: any other may
// have the only copy of a secret that works.
func TestOnlyTheFilesOfRevokedCredentialsAreRemoved(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	store, err := folder.Open(state)
	require.NoError(t, err)
	f := recovery.Folder{State: state, Closed: func(string) {}}
	paths := map[string]string{}
	for _, id := range []string{"replaced", "in-use", "aborted", "open", "in-place", "unknown"} {
		paths[id], err = f.SaveCredential(provider.Credential{Provider: "acme", Kind: "key", ID: id, Secret: provider.NewSecret("the secret of " + id)})
		require.NoError(t, err)
	}
	other, err := f.SaveCredential(provider.Credential{Provider: "acme", Kind: "other-key", ID: "replaced"})
	require.NoError(t, err)
	for _, body := range []string{`{"plaintext_key":"sk_1","id":"replaced"}`, `not JSON`, `[{"provider":"acme","kind":"key","id":"replaced"}]`} {
		_, err = f.Save("POST /keys", []byte(body))
		require.NoError(t, err)
	}
	for _, o := range []struct {
		old, new string
		last     journal.Step
	}{
		{"replaced", "in-use", journal.Done},
		{"in-use", "aborted", journal.Aborted},
		{"open", "next", "verified"},
		{"in-place", "in-place", journal.Done},
	} {
		op, err := store.Create(journal.Entry{Time: time.Now(), Step: "intent", Provider: "acme", Kind: "key", OldID: o.old})
		require.NoError(t, err)
		require.NoError(t, op.Append(journal.Entry{Time: time.Now(), Step: journal.Issued, NewID: o.new}))
		require.NoError(t, op.Append(journal.Entry{Time: time.Now(), Step: o.last, NewID: o.new}))
	}
	index, err := store.Index()
	require.NoError(t, err)
	got, err := f.Tidy(index, time.Now(), true)
	require.NoError(t, err)
	assert.Equal(t, []recovery.File{{Path: paths["replaced"], Of: journal.Ref{Provider: "acme", Kind: "key", ID: "replaced"}}}, got)
	require.FileExists(t, paths["replaced"])
	got, err = f.Tidy(index, time.Now().Add(-time.Hour), false)
	require.NoError(t, err)
	assert.Empty(t, got, "it was revoked later")

	got, err = f.Tidy(index, time.Now(), false)
	require.NoError(t, err)
	assert.Equal(t, []recovery.File{{Path: paths["replaced"], Of: journal.Ref{Provider: "acme", Kind: "key", ID: "replaced"}}}, got)
	assert.NoFileExists(t, paths["replaced"])
	left, err := filepath.Glob(filepath.Join(state, "recovery", "*"))
	require.NoError(t, err)
	assert.Len(t, left, 9, strings.Join(left, "\n"))
	assert.FileExists(t, other)
	got, err = f.Tidy(index, time.Now(), false)
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestThereMayBeNoRecoveryFiles(t *testing.T) {
	t.Parallel()
	f := recovery.Folder{State: t.TempDir()}
	got, err := f.Tidy(journal.Index{}, time.Now(), false)
	require.NoError(t, err)
	assert.Empty(t, got)
	require.NoError(t, os.Mkdir(filepath.Join(f.State, "recovery"), 0o700))
	got, err = f.Tidy(journal.Index{}, time.Now(), false)
	require.NoError(t, err)
	assert.Empty(t, got)
}
