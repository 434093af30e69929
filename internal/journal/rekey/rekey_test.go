package rekey_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/credctl/credctl/internal/journal"
	"github.com/credctl/credctl/internal/journal/folder"
	"github.com/credctl/credctl/internal/journal/identity"
	"github.com/credctl/credctl/internal/journal/journaltest"
	"github.com/credctl/credctl/internal/journal/rekey"
	"github.com/credctl/credctl/internal/provider"
)

// TestRekeyIsContinued after it was interrupted between its two halves.
func TestRekeyIsContinued(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before, err := folder.Open(dir)
	require.NoError(t, err)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	secret := provider.NewSecret("geheim")
	of := journal.Ref{Provider: "acme", Kind: "key", ID: "A"}
	op, err := before.Create(journal.Entry{Time: now, Step: "intent", Provider: of.Provider, Kind: of.Kind, OldID: of.ID})
	require.NoError(t, err)
	require.NoError(t, op.Append(journal.Entry{Time: now, Step: journal.Issued, NewID: "B", Secrets: map[string]provider.Secret{journal.NewSecret: secret}}))

	id, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "new.txt")
	require.NoError(t, os.WriteFile(file, []byte(id.String()+"\n"), 0o600))
	place := identity.File(file)
	release := held(t, before, of)
	require.ErrorIs(t, rekey.Prepare(t.Context(), before, id, journaltest.LockChain), provider.ErrLocked, "a run works on it")
	release()
	require.NoError(t, rekey.Prepare(t.Context(), before, id, journaltest.LockChain))

	stale, err := folder.Open(dir)
	require.NoError(t, err)
	require.ErrorIs(t, stale.CheckIdentity(), provider.ErrRefused)
	after, err := folder.OpenWith(dir, folder.Options{Identity: &place})
	require.NoError(t, err)
	n, err := rekey.Finish(t.Context(), after, journaltest.LockChain)
	require.NoError(t, err)
	assert.Equal(t, 1, n)

	found, err := after.Load(op.ID)
	require.NoError(t, err)
	require.NoError(t, found.Damaged)
	secrets, err := found.Secrets()
	require.NoError(t, err)
	assert.True(t, secrets[journal.NewSecret].Equal(secret))
	owner, known, err := after.Owner(secret)
	require.NoError(t, err)
	assert.True(t, known, "fingerprints stay valid")
	assert.Equal(t, of.With("B"), owner)
	old, err := before.Key()
	require.NoError(t, err)
	require.Error(t, old.Open(found.Last().Sealed, map[string]provider.Secret{}), "the old identity opens nothing")
}

// TestEachOperationIsRekeyed: those without a secret do not hide the others.
func TestEachOperationIsRekeyed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := folder.Open(dir)
	require.NoError(t, err)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var all []*journal.Operation
	for i, secret := range []string{"one", "", "two"} {
		at := now.Add(time.Duration(i) * time.Minute)
		op, err := s.Create(journal.Entry{Time: at, Step: "intent", Provider: "acme", Kind: "key", OldID: "A" + secret})
		require.NoError(t, err)
		if secret == "" { // it has ended, and is wiped
			require.NoError(t, op.Append(journal.Entry{Time: at, Step: journal.Aborted}))
			require.NoError(t, op.Wipe())
			continue
		}
		require.NoError(t, op.Append(journal.Entry{Time: at, Step: journal.Issued, NewID: "B", Secrets: map[string]provider.Secret{journal.NewSecret: provider.NewSecret(secret)}}))
		all = append(all, op)
	}
	id, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "new.txt")
	require.NoError(t, os.WriteFile(file, []byte(id.String()+"\n"), 0o600))
	place := identity.File(file)
	require.NoError(t, rekey.Prepare(t.Context(), s, id, journaltest.LockChain))
	after, err := folder.OpenWith(dir, folder.Options{Identity: &place})
	require.NoError(t, err)
	n, err := rekey.Finish(t.Context(), after, journaltest.LockChain)
	require.NoError(t, err)
	assert.Equal(t, 2, n)
	for i, op := range all {
		found, err := after.Load(op.ID)
		require.NoError(t, err)
		secrets, err := found.Secrets()
		require.NoError(t, err)
		assert.Equal(t, []string{"one", "two"}[i], secrets[journal.NewSecret].Reveal())
	}
}

func held(t *testing.T, s *journal.Store, of journal.Ref) (release func()) {
	t.Helper()
	_, release, err := s.Lock(context.WithoutCancel(t.Context()), of.String(), 0)
	require.NoError(t, err)
	return release
}

// TestADamagedOperationIsNotRekeyed: its secrets may be needed with the identity of today.
func TestADamagedOperationIsNotRekeyed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := folder.Open(dir)
	require.NoError(t, err)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	op, err := s.Create(journal.Entry{Time: now, Step: "intent", Provider: "acme", Kind: "key", OldID: "A"})
	require.NoError(t, err)
	require.NoError(t, op.Append(journal.Entry{Time: now, Step: journal.Issued, NewID: "B"}))
	file := filepath.Join(dir, "operations", op.ID+".jsonl")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	changed := strings.Replace(string(text), `"B"`, `"C"`, 1)
	require.NotEqual(t, string(text), changed)
	require.NoError(t, os.WriteFile(file, []byte(changed), 0o600))

	id, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	again, err := folder.Open(dir)
	require.NoError(t, err)
	require.ErrorIs(t, rekey.Prepare(t.Context(), again, id, journaltest.LockChain), provider.ErrRefused)
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, changed, string(kept))
	require.NoError(t, again.CheckIdentity(), "its identity is the same")
}

// TestRekeyIsContinuedAfterAnyFailure: wherever the journal could not be read or written,
// that is an error, no secret is lost, and the same command ends what it began.
func TestRekeyIsContinuedAfterAnyFailure(t *testing.T) {
	t.Parallel()
	secret := provider.NewSecret("geheim")
	for n := int64(1); ; n++ {
		dir := t.TempDir()
		before, err := folder.Open(dir)
		require.NoError(t, err)
		now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		op, err := before.Create(journal.Entry{Time: now, Step: "intent", Provider: "acme", Kind: "key", OldID: "A"})
		require.NoError(t, err)
		require.NoError(t, op.Append(journal.Entry{Time: now, Step: journal.Issued, NewID: "B", Secrets: map[string]provider.Secret{journal.NewSecret: secret}}))
		id, err := age.GenerateX25519Identity()
		require.NoError(t, err)
		file := filepath.Join(t.TempDir(), "new.txt")
		require.NoError(t, os.WriteFile(file, []byte(id.String()+"\n"), 0o600))
		place := identity.File(file)

		failing, failedToPrepare := journaltest.Failing(before, n)
		err = rekey.Prepare(t.Context(), failing, id, journaltest.LockChain)
		if failedToPrepare() {
			require.ErrorIs(t, err, journaltest.ErrFails, "call %d", n)
			again, err := folder.Open(dir)
			require.NoError(t, err)
			require.NoError(t, again.CheckIdentity(), "call %d: its identity is the same", n)
			require.NoError(t, rekey.Prepare(t.Context(), again, id, journaltest.LockChain), "call %d", n)
		} else {
			require.NoError(t, err)
		}
		after, err := folder.OpenWith(dir, folder.Options{Identity: &place})
		require.NoError(t, err)
		failing, failedToFinish := journaltest.Failing(after, n)
		_, err = rekey.Finish(t.Context(), failing, journaltest.LockChain)
		if failedToFinish() {
			require.ErrorIs(t, err, journaltest.ErrFails, "call %d", n)
			_, err = rekey.Finish(t.Context(), after, journaltest.LockChain)
		}
		require.NoError(t, err, "call %d", n)
		found, err := after.Load(op.ID)
		require.NoError(t, err)
		require.NoError(t, found.Damaged)
		secrets, err := found.Secrets()
		require.NoError(t, err)
		assert.True(t, secrets[journal.NewSecret].Equal(secret), "call %d", n)
		if !failedToPrepare() && !failedToFinish() {
			assert.Greater(t, n, int64(5), "there are more calls than these")
			return
		}
	}
}
