package transfer_test

import (
	"context"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/journal/journaltest"
	"github.com/credctl/credctl/internal/journal/rekey"
	"github.com/credctl/credctl/internal/journal/transfer"
)

// TestCopyAfterRekey: both journals sign with the same keys then, and the secrets are
// encrypted for the identity of each.
func TestCopyAfterRekey(t *testing.T) {
	t.Parallel()
	dir, other := t.TempDir(), t.TempDir()
	from, err := folder.Open(dir)
	require.NoError(t, err)
	op := rotate(t, from, "A", "B", false)
	before := identity.File(filepath.Join(dir, "identity", "age.txt"))
	to, err := folder.OpenWith(other, folder.Options{Identity: &before})
	require.NoError(t, err)
	id, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	require.NoError(t, rekey.Prepare(t.Context(), to, id, journaltest.LockChain))
	after := identity.Place{Name: "new", Read: func(context.Context) ([]byte, error) { return []byte(id.String()), nil }}
	to, err = folder.OpenWith(other, folder.Options{Identity: &after})
	require.NoError(t, err)

	counts, err := transfer.Copy(t.Context(), to, from)
	require.NoError(t, err)
	assert.Equal(t, 1, counts.Operations)
	read, err := to.Load(op.ID)
	require.NoError(t, err)
	require.NoError(t, read.Damaged)
	secrets, err := read.Secrets()
	require.NoError(t, err)
	assert.Equal(t, "secret of B", secrets[journal.NewSecret].Reveal())
}
